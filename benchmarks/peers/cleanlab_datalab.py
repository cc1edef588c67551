"""All row-wise issues, by cleanlab's Datalab."""

from __future__ import annotations

import contextlib
import io
from typing import ClassVar

import numpy as np

from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["CleanlabDatalab"]

# its own processes would inherit nothing from a worker of the benchmark
ALONE = {"clean_learning_kwargs": {"find_label_issues_kwargs": {"n_jobs": 1}}}


class CleanlabDatalab:
    """Datalab: a row is flagged as a label error, an outlier or a near duplicate."""

    name: ClassVar[str] = "cleanlab Datalab"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = "cleanlab"
    rated: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = (
        "label outlier near_duplicate",
        "label",
        "outlier",
        "near_duplicate",
    )

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score: the worst of the row's issue scores."""
        from cleanlab import Datalab  # noqa: PLC0415  # optional

        kinds = setting.split()
        with contextlib.redirect_stdout(io.StringIO()):
            lab = Datalab({"label": seen.labels.tolist()}, label_name="label", verbosity=0)
            lab.find_issues(
                pred_probs=seen.out_of_fold,
                features=seen.features,
                issue_types={kind: ALONE if kind == "label" else {} for kind in kinds},
            )
        issues = lab.get_issues()
        scores = np.stack([1 - issues[f"{kind}_score"].to_numpy(float) for kind in kinds])
        flagged = np.stack([issues[f"is_{kind}_issue"].to_numpy(bool) for kind in kinds])
        return Answer(scores.max(axis=0), np.asarray(flagged.any(axis=0)))
