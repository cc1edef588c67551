"""foretaste train: a plan, then a model with a certificate that can be read again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from foretaste.cli.main import run
from foretaste.data import open_dataset
from foretaste.errors import UnreadableDataError
from foretaste.train import load_model
from foretaste.train.rows import labelled_rows


@pytest.fixture(scope="module")
def vendors_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen vendors, and a label that any of them gives away."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 800)
    x = rng.normal(size=(800, 3)) + 2 * y[:, None]
    lines = ["a,b,c,kind,vendor,label"]
    for i in range(800):
        values = ",".join(f"{v:.3f}" for v in x[i])
        lines.append(f"{values},{'odd' if i % 2 else 'even'},v{i % 16},{'yes' if y[i] else 'no'}")
    path = tmp_path_factory.mktemp("train") / "vendors.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_plan_shows_a_table_and_a_picture(
    vendors_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan"
    assert run(["train", str(vendors_csv), "--label", "label", "--plan", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "3 vendors" in said
    assert "10 rows" in said
    plan = json.loads((out / "train-plan.json").read_text())
    assert {curve["design"]["unit"] for curve in plan["curves"]} == {"row", "source"}
    page = (out / "train-plan.html").read_text()
    assert page.count("<polyline") == len(plan["curves"])
    assert "<script" not in page


def test_a_model_is_trained_written_and_read(
    vendors_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    command = ["train", str(vendors_csv), "--label", "label", "--source", "vendor"]
    assert run([*command, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    certificate = json.loads((out / "certificate.json").read_text())
    assert certificate["promise"].capitalize() in " ".join(said.split())
    assert "vendors together can flip" in certificate["promise"]
    assert certificate["unit"] == "source"
    rows = labelled_rows(open_dataset(vendors_csv, label="label"))
    held = rows.take(rows.share(0.0, 0.2))
    found = load_model(out).certify(held.X)
    assert found.accuracy(held.y, 3) == pytest.approx(certificate["measured"]["certified"][3])


def test_training_again_writes_the_same_certificate(
    vendors_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also from a file whose rows stand in another order; only names and digest of it differ."""
    lines = vendors_csv.read_text().splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    measured = []
    for path in (vendors_csv, vendors_csv, turned):
        assert run(["train", str(path), "--label", "label", "--out", str(tmp_path), "--json"]) == 0
        measured.append(json.loads(capsys.readouterr().out)["measured"])
    assert measured[0] == measured[1] == measured[2]


def test_a_model_that_was_changed_is_not_read(vendors_csv: Path, tmp_path: Path) -> None:
    assert run(["train", str(vendors_csv), "--label", "label", "--out", str(tmp_path), "-q"]) == 0
    model = tmp_path / "model.skops"
    model.write_bytes(model.read_bytes() + b" ")
    with pytest.raises(UnreadableDataError, match="not the model that its certificate"):
        load_model(tmp_path)


def test_a_pickle_in_place_of_a_model_is_not_run(tmp_path: Path) -> None:
    import hashlib  # noqa: PLC0415 - only to forge
    import pickle  # noqa: PLC0415

    content = pickle.dumps({"a": 1})
    (tmp_path / "model.skops").write_bytes(content)
    forged = {
        "schema": "foretaste/certificate/v1",
        "model": {"sha256": hashlib.sha256(content).hexdigest()},
    }
    (tmp_path / "certificate.json").write_text(json.dumps(forged))
    with pytest.raises(UnreadableDataError, match="cannot be read"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--unit", "source", "--source", ""], "needs a source column"),
        (["--source", "supplier"], "there is no column 'supplier'"),
        (["--vote", "fa", "--holdout", "0.9"], "holdout"),
        (["--partitions", "1"], "partitions"),
    ],
)
def test_what_cannot_be_promised_is_one_line(
    vendors_csv: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    says: str,
) -> None:
    command = ["train", str(vendors_csv), "--label", "label", "--out", str(tmp_path / "m")]
    assert run([*command, *options]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("error:") == 1
    assert not (tmp_path / "m").exists()


def test_few_rows_are_no_ground_for_a_promise(
    short_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", str(short_csv), "--label", "label", "--out", str(tmp_path / "m")]) == 3
    assert "too few to be partitioned" in capsys.readouterr().err


def test_texts_are_trained_on(clean_csv: Path, tmp_path: Path) -> None:
    command = ["train", str(clean_csv), "--label", "label", "--out", str(tmp_path), "-q"]
    assert run([*command, "--unit", "row"]) == 0
    assert load_model(tmp_path).predict(["a lovely clean sunny room"]).tolist() == ["good"]
