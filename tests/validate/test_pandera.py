"""pandera at full depth: what it would let pass by default does not pass here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pandera.polars as pp
import polars as pl
import pytest
from pandera.config import config_context

from foretaste import validate
from foretaste.errors import UsageError

BAD = {"age": [30, 300, -1], "name": ["a", None, "c"]}
SCHEMA = pa.DataFrameSchema(
    {"age": pa.Column(int, pa.Check.in_range(0, 120)), "name": pa.Column(str, nullable=False)}
)
POLARS = pp.DataFrameSchema({"age": pp.Column(int, pp.Check.in_range(0, 120))})


class People(pa.DataFrameModel):
    """The same as a model."""

    age: int = pa.Field(in_range={"min_value": 0, "max_value": 120})


def rules(result: validate.Validation) -> dict[str, tuple[int, ...]]:
    return {f"{f.column} {f.rule}": f.rows for f in result.findings}


def test_pandas_frames_name_rows_and_values() -> None:
    result = validate.check_pandera(pd.DataFrame(BAD), SCHEMA)
    assert rules(result) == {
        "age pandera:in_range(0, 120)": (1, 2),
        "name pandera:not_nullable": (1,),
    }
    assert result.exit_code == 1
    assert result.findings[0].value == "300"
    good = pd.DataFrame({"age": [30], "name": ["a"]})
    assert validate.check_pandera(good, SCHEMA).exit_code == 0


def test_a_lazy_frame_is_collected() -> None:
    lazy = pl.LazyFrame(BAD)
    assert POLARS.validate(lazy) is not None, "by itself pandera lets it pass"
    result = validate.check_pandera(lazy, POLARS)
    assert rules(result) == {"age pandera:in_range(0, 120)": (1, 2)}


def test_validation_that_is_switched_off_is_on() -> None:
    with config_context(validation_enabled=False):
        assert len(SCHEMA.validate(pd.DataFrame(BAD))) == 3, "by itself pandera lets it pass"
        assert validate.check_pandera(pd.DataFrame(BAD), SCHEMA).exit_code == 1


def test_rows_that_fail_are_not_dropped() -> None:
    dropping = pa.DataFrameSchema({"age": pa.Column(int, pa.Check.ge(0))}, drop_invalid_rows=True)
    assert len(dropping.validate(pd.DataFrame(BAD), lazy=True)) == 2
    assert validate.check_pandera(pd.DataFrame(BAD), dropping).findings[0].rows == (2,)
    assert dropping.drop_invalid_rows, "the schema of the caller is left alone"


@pytest.mark.parametrize("schema", [SCHEMA, People, POLARS])
def test_files_and_models(schema: Any, tmp_path: Path) -> None:
    file = tmp_path / "people.parquet"
    pl.DataFrame(BAD).write_parquet(file)
    assert "age" in {f.column for f in validate.check_pandera(file, schema).findings}


def test_columns_that_are_missing_or_many() -> None:
    strict = pa.DataFrameSchema({"age": pa.Column(int), "size": pa.Column(float)}, strict=True)
    found = rules(validate.check_pandera(pd.DataFrame(BAD), strict))
    assert set(found) == {" pandera:column_in_schema", " pandera:column_in_dataframe"}


def test_other_schemas_are_an_error() -> None:
    with pytest.raises(UsageError, match="of pandera, got Schema"):
        validate.check_pandera(pd.DataFrame(BAD), validate.Schema("s", ()))
