"""Models as files without pickle: reading one runs nothing that was not there before.

A pickle is a program. skops writes the structure of a model and its arrays, and refuses on reading
every type that was not agreed to: here those of scikit-learn, NumPy and this package.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from foretaste.errors import MissingExtraError, UnreadableDataError

if TYPE_CHECKING:
    from foretaste.train.classifier import PartitionedClassifier

__all__ = ["CERTIFICATE", "MODEL", "load_model", "model_bytes", "need_skops"]

MODEL = "model.skops"
CERTIFICATE = "certificate.json"
SCHEMA = "foretaste/certificate/v1"
OWN = (
    "foretaste.train.classifier.PartitionedClassifier",
    "foretaste.train.encoders.FixedConvolutions",
    "foretaste.train.encoders.HashedCells",
    "foretaste.train.encoders.HashedTexts",
)


def need_skops() -> Any:
    """skops.io, or an error that names the extra: known before a long training."""
    try:
        import skops.io  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtraError("writing or reading a trained model", "train") from error
    return skops.io


def model_bytes(model: PartitionedClassifier) -> bytes:
    """The model as a skops file.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.train import PartitionedClassifier
    >>> X = np.arange(100.0)[:, None]
    >>> model_bytes(PartitionedClassifier().fit(X, X[:, 0] > 50))[:2]
    b'PK'
    """
    return cast("bytes", need_skops().dumps(model))


def load_model(folder: str | os.PathLike[str]) -> PartitionedClassifier:
    """The model that ``foretaste train`` wrote into `folder`.

    Raises
    ------
    UnreadableDataError
        A file is missing or damaged, is not the one that was certified, or holds a type that no
        model of ours is made of.

    Examples
    --------
    >>> load_model("no-such-folder")
    Traceback (most recent call last):
    foretaste.errors.UnreadableDataError: no-such-folder/certificate.json: cannot be read ...
    """
    io = need_skops()
    target = Path(folder)
    stated = _certificate(target / CERTIFICATE)
    content = _bytes(target / MODEL)
    if hashlib.sha256(content).hexdigest() != stated:
        raise UnreadableDataError(
            f"{target / MODEL} is not the model that its certificate was written for (its SHA-256 "
            "differs); train again"
        )
    try:
        return cast("PartitionedClassifier", io.loads(content, trusted=list(OWN)))
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UnreadableDataError(f"{target / MODEL}: cannot be read ({reason})") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDataError(
            f"{path}: cannot be read ({(error.strerror or 'damaged').lower()}); "
            "give the folder that foretaste train wrote"
        ) from error


def _certificate(path: Path) -> str:
    """The digest of the model that a certificate states."""
    try:
        document = json.loads(_bytes(path))
    except ValueError as error:
        raise UnreadableDataError(f"{path}: not JSON: {error}") from error
    known = isinstance(document, dict) and document.get("schema") == SCHEMA
    stated = document.get("model", {}).get("sha256") if known else None
    if not isinstance(stated, str):
        raise UnreadableDataError(f"{path}: not a certificate of schema {SCHEMA!r}; train again")
    return stated
