"""PSBD: dropout shifts the prediction of honest rows, and not of triggered ones."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.peers.protocol import Answer
from benchmarks.reference import Seen
from foretaste.attack.victim_image import NetworkVictim, as_batch
from foretaste.types import Images, Modality

__all__ = ["Psbd"]

RATES = (0.2, 0.4, 0.6, 0.8, 0.9)
PASSES = 3
SHIFTED = 0.8  # the dropout rate is raised until this share of predictions has moved
QUANTILE = 0.25  # of the uncertainty of clean rows, as in the paper; here of all rows


class Psbd:
    """PSBD (Li et al. 2024, arXiv 2406.05826): our own straightforward version.

    Dropout acts on whole channels of the reference network. No clean rows are known, so the
    quantile is taken over all rows: the default verdict flags a quarter of any set.
    """

    name: ClassVar[str] = "PSBD (own)"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    needs: ClassVar[str] = "torch"
    rated: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = ("default",)

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score: minus the mean loss of confidence in the prediction under dropout."""
        import torch  # noqa: PLC0415  # optional

        assert isinstance(seen.model, NetworkVictim)
        assert isinstance(seen.sample.content, Images)
        pixels = as_batch(seen.sample.content.values)
        with torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(int(rng.integers(2**31)))
            plain = _told(seen.model.network, pixels, 0.0)
            before = plain.argmax(axis=1)
            rows = np.arange(len(before))
            lost = np.zeros(len(before))
            for rate in RATES:
                passes = [_told(seen.model.network, pixels, rate) for _ in range(PASSES)]
                mean = np.mean(passes, axis=0)
                lost = plain[rows, before] - mean[rows, before]
                moved = np.mean([told.argmax(axis=1) != before for told in passes])
                if moved >= SHIFTED:
                    break
        return Answer(-lost, lost < np.quantile(lost, QUANTILE))


def _told(network: Any, pixels: Any, rate: float) -> npt.NDArray[np.float64]:
    """(n, k) probabilities, with dropout of whole channels after every rectifier."""
    import torch  # noqa: PLC0415  # optional

    blocks = []
    for start in range(0, len(pixels), 500):
        held = pixels[start : start + 500]
        for layer in network:
            held = layer(held)
            if rate and isinstance(layer, torch.nn.ReLU):
                held = torch.feature_dropout(held, rate, train=True)
        blocks.append(held.softmax(dim=1).numpy())
    return np.concatenate(blocks).astype(np.float64)
