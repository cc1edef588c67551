"""The nouns of foretaste: what flows from a data set to a report.

::

    Dataset ─► View ─► Detector ─► Scores (+ Candidates with Triggers) ─► judge ─► Group, Verdict

All types are frozen; arrays in them are read-only. n is the number of rows, k of classes,
d of features. Scores always run one way: higher is more suspicious.
"""

from __future__ import annotations

from foretaste.types.arrays import Bools, Floats, Ints
from foretaste.types.content import Content, Images, Roles, Table, Texts
from foretaste.types.judging import (
    Confirmation,
    Coverage,
    Findings,
    Group,
    Judgement,
    SourceFinding,
)
from foretaste.types.looking import Candidate, Detector, Scorer, Scores, Trigger
from foretaste.types.policy import Policy
from foretaste.types.showing import Exhibit, Field, MapPoint, Rendering, Span
from foretaste.types.view import Encoder, Head, View
from foretaste.types.vocabulary import Family, Kind, Layer, Modality, Need, Verdict

__all__ = [
    "Bools",
    "Candidate",
    "Confirmation",
    "Content",
    "Coverage",
    "Detector",
    "Encoder",
    "Exhibit",
    "Family",
    "Field",
    "Findings",
    "Floats",
    "Group",
    "Head",
    "Images",
    "Ints",
    "Judgement",
    "Kind",
    "Layer",
    "MapPoint",
    "Modality",
    "Need",
    "Policy",
    "Rendering",
    "Roles",
    "Scorer",
    "Scores",
    "SourceFinding",
    "Span",
    "Table",
    "Texts",
    "Trigger",
    "Verdict",
    "View",
]
