"""Validation: what data must look like, whether it does, and what changed.

::

    infer ─► Schema ─► YAML, reviewed by people
                          │
    data ─────────────► check ─► Validation: findings with rule, column, rows, value, severity
    two data sets ────► drift ─► the same: what moved, tested and large enough to matter
    two schemas ──────► diff  ─► Change: which rule was loosened, which tightened
    part of a data set ─► summarise ─► Statistics ─► merged

>>> from foretaste import validate
>>> rows = {"age": [20 + n % 60 for n in range(600)], "label": ["yes", "no"] * 300}
>>> schema = validate.infer(rows)
>>> validate.check(rows, schema).outcome.value
'pass'
>>> validate.check({"age": [30, -4], "label": ["yes", "maybe"]}, schema).exit_code
1
"""

from foretaste.validate.changes import Change, Direction
from foretaste.validate.checking import check
from foretaste.validate.differing import diff
from foretaste.validate.document import digest_of, to_yaml, write_schema
from foretaste.validate.expectations import Suite, to_expectations
from foretaste.validate.findings import Finding, Outcome, Unchecked, Validation
from foretaste.validate.inferring import infer, summarise
from foretaste.validate.movement import drift
from foretaste.validate.pandera_schemas import check_pandera
from foretaste.validate.reading import parse_schema, read_schema
from foretaste.validate.schema import (
    Column,
    DriftLimits,
    Interval,
    Kind,
    Label,
    Picture,
    Schema,
    Severity,
)
from foretaste.validate.suites import Imported, from_expectations, read_suite
from foretaste.validate.summary import Statistics

__all__ = [
    "Change",
    "Column",
    "Direction",
    "DriftLimits",
    "Finding",
    "Imported",
    "Interval",
    "Kind",
    "Label",
    "Outcome",
    "Picture",
    "Schema",
    "Severity",
    "Statistics",
    "Suite",
    "Unchecked",
    "Validation",
    "check",
    "check_pandera",
    "diff",
    "digest_of",
    "drift",
    "from_expectations",
    "infer",
    "parse_schema",
    "read_schema",
    "read_suite",
    "summarise",
    "to_expectations",
    "to_yaml",
    "write_schema",
]
