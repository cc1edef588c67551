"""The user's own encoder, of whatever make, as one more label-free view.

It may itself be poisoned, so it is never the only view: a group must surprise all of them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from foretaste.errors import MissingExtraError, UnreadableDataError, UsageError
from foretaste.types import Content, Images, Modality, Table, Texts

__all__ = ["PACKAGED", "OwnEncoder", "as_input", "own_encoder"]

PACKAGED = "packaged"  # the name of the encoder that comes with an extra
BLOCK = 512  # rows at a time


@dataclass(frozen=True)
class OwnEncoder:
    """Asks `ask` block by block and checks what it gives.

    Attributes
    ----------
    name
        For the report: what it is, with a version or digest where there is one.
    ask
        A block of rows to (n, d) numbers.
    """

    name: str
    ask: Callable[[Content], Any]

    def __call__(self, content: Content) -> npt.NDArray[np.float32]:
        """(n, d) float32."""
        starts = range(0, max(len(content), 1), BLOCK)
        blocks = [
            self._block(content.take(np.arange(a, min(a + BLOCK, len(content)))), a) for a in starts
        ]
        widths = {block.shape[1] for block in blocks}
        if len(widths) > 1:
            raise UnreadableDataError(
                f"encoder: {self.name} gave {min(widths)} to {max(widths)} numbers a row; "
                "every row must get as many"
            )
        return np.concatenate(blocks)

    def _block(self, content: Content, start: int) -> npt.NDArray[np.float32]:
        try:
            told = self.ask(content)
            given = np.asarray(told.toarray() if hasattr(told, "toarray") else told)
            values = given.astype(np.float32)
        except Exception as error:
            raise UsageError(
                f"encoder: {self.name} failed on rows {start} to {start + len(content) - 1}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if values.ndim != 2 or len(values) != len(content) or values.shape[1] == 0:
            raise UsageError(
                f"encoder: {self.name} gave shape {given.shape} for {len(content)} rows; "
                "it must give (rows, numbers)"
            )
        broken = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(broken):
            raise UnreadableDataError(
                f"encoder: {self.name} gave missing or infinite numbers for row "
                f"{start + int(broken[0])}; mend the encoder or leave the row out"
            )
        return values


def own_encoder(told: Any, modality: Modality) -> OwnEncoder:
    """An encoder from what a user has.

    Parameters
    ----------
    told
        "packaged" (the encoder of an extra), a path to an ONNX file, a torch module, an object
        with ``transform`` as in scikit-learn, or a function. It is given a list of texts, images
        as (n, height, width, channels) uint8 (a network: (n, channels, height, width) float32
        from 0 to 1), or the cells of a table as (n, d) float64; it gives (n, any) numbers.
    modality
        Of the rows.

    Raises
    ------
    UsageError
        Where it is none of these.
    MissingExtraError
        Where a package it needs is not installed.

    Examples
    --------
    >>> lengths = own_encoder(lambda texts: [[len(t)] for t in texts], Modality.TEXT)
    >>> lengths(Texts(np.array(["a", "bcd"], dtype=object))).tolist()
    [[1.0], [3.0]]
    """
    if isinstance(told, OwnEncoder):
        return told
    if isinstance(told, str | Path):
        return _named(str(told), modality)
    if hasattr(told, "state_dict") and hasattr(told, "eval"):
        return OwnEncoder(f"torch {type(told).__name__}", _TorchModule(told))
    if hasattr(told, "transform"):
        return OwnEncoder(type(told).__name__, lambda content: told.transform(as_input(content)))
    if callable(told):
        name = getattr(told, "__name__", type(told).__name__)
        return OwnEncoder(name, lambda content: told(as_input(content)))
    raise UsageError(
        f"encoder must be {PACKAGED!r}, an ONNX file, a torch module, an object with transform "
        f"or a function, got {type(told).__name__}"
    )


def as_input(content: Content) -> Any:
    """What an encoder is handed: a list of texts, or an array."""
    return content.values.tolist() if isinstance(content, Texts) else content.values


def _named(told: str, modality: Modality) -> OwnEncoder:
    if told == PACKAGED:
        return _packaged(modality)
    path = Path(told)
    if path.suffix.lower() != ".onnx":
        raise UsageError(
            f"encoder must be {PACKAGED!r} or the path of an ONNX file, got {told!r}; "
            "other encoders are handed over in Python"
        )
    if not path.is_file():
        raise UsageError(f"encoder: there is no file {told}")
    if importlib.util.find_spec("onnxruntime") is None:
        raise MissingExtraError("reading an encoder from an ONNX file", "onnx")
    from foretaste.modality.onnx_encoder import read_onnx  # noqa: PLC0415  # optional

    return OwnEncoder(*read_onnx(path, modality))


def _packaged(modality: Modality) -> OwnEncoder:
    if modality is Modality.TEXT:
        from foretaste.modality.packaged_text import word_vectors  # noqa: PLC0415  # optional

        return OwnEncoder(*word_vectors())
    if modality is Modality.IMAGE:
        from foretaste.modality.packaged_image import small_network  # noqa: PLC0415  # optional

        return OwnEncoder(*small_network())
    raise UsageError("encoder: there is a packaged one for texts and images, not for tables")


@dataclass(frozen=True)
class _TorchModule:
    module: Any

    def __call__(self, content: Content) -> Any:
        import torch  # noqa: PLC0415  # a module of it was handed over

        learning = self.module.training
        self.module.eval()
        try:
            with torch.no_grad():
                given = self.module(_as_tensor(content))
        finally:
            self.module.train(learning)
        return given.flatten(start_dim=1).cpu().numpy() if given.ndim > 1 else given.numpy()


def _as_tensor(content: Content) -> Any:
    import torch  # noqa: PLC0415  # a module of it was handed over

    if isinstance(content, Texts):
        return cast("Any", as_input(content))  # its own words, its own tokens
    return torch.from_numpy(as_planes(content))


def as_planes(content: Images | Table) -> npt.NDArray[np.float32]:
    """(n, channels, height, width) float32 from 0 to 1; of a table (n, d) float32."""
    if isinstance(content, Images):
        planes = content.values.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(planes, dtype=np.float32) / np.float32(255)
    return content.values.astype(np.float32)
