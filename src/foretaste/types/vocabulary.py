"""Words with a fixed meaning: they stand in reports, policies and on the command line."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Family", "Kind", "Layer", "Modality", "Need", "Verdict"]


class Modality(StrEnum):
    """What the rows of a data set are."""

    TABLE = "table"
    TEXT = "text"
    IMAGE = "image"


class Family(StrEnum):
    """The three signatures of poison; each is scored on its own, then fused."""

    INCONSISTENT = "inconsistent"  # the row contradicts its label or its neighbourhood
    SHORTCUT = "shortcut"  # a trained model is sure, independent evidence is not
    ARTEFACT = "artefact"  # many rows share something that they should not


class Layer(StrEnum):
    """Where a detector looks."""

    STATISTICAL = "statistical"
    REPRESENTATION = "representation"
    INFLUENCE = "influence"


class Need(StrEnum):
    """The parts of a `View` that a detector may ask for."""

    CONTENT = "content"
    FEATURES = "features"  # label-free features, `View.features`
    HEADS = "heads"  # exact leave-out probabilities, `View.heads`
    SOURCES = "sources"
    TIMES = "times"


class Verdict(StrEnum):
    """What is said of a row, a group or a data set, from best to worst known."""

    CLEAN = "clean"
    SUSPECT = "suspect"
    CONFIRMED = "confirmed"
    NOT_ASSESSABLE = "not assessable"


class Kind(StrEnum):
    """What a group is an instance of."""

    LABEL_FLIP = "label flip"
    BACKDOOR = "backdoor"
    CLEAN_LABEL = "clean-label"
    OUTLIER = "outlier"
    FLOOD = "flood"
    CAMPAIGN = "source campaign"
    HARMFUL_SHORTCUT = "harmful shortcut"
    MISLABEL = "mislabels"
