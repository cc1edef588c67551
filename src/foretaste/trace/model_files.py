"""Models from disk, without pickle: scikit-learn estimators in skops files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foretaste.errors import MissingExtraError, UnreadableDataError, UsageError

__all__ = ["load_model"]


def load_model(path: Path, trusted: Sequence[str] = ()) -> Any:
    """A scikit-learn estimator from a ``.skops`` file that holds nothing beyond trusted types.

    A pickle can run anything when it is opened, so it is refused; from Python, any model that is
    already in memory can be given.

    Parameters
    ----------
    trusted
        Types, by their full names, that are trusted beside those that skops trusts.

    Raises
    ------
    UsageError
        The file is of another format, or holds types that are not trusted; they are named.
    """
    if path.suffix != ".skops":
        raise UsageError(
            f"model must be a .skops file (skops.io.dump), got {path.name!r}; pickles are never "
            "opened here: from Python, give the model itself to foretaste.trace"
        )
    try:
        from skops import io  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtraError("reading a model from disk", "train") from error
    try:
        untrusted = sorted(set(io.get_untrusted_types(file=path)) - set(trusted))
        if untrusted:
            raise UsageError(
                f"model: {path.name} holds types that are not trusted: "
                f"{', '.join(untrusted[:5])}; load it yourself and hand the model over in Python, "
                "or name them under [model] trusted_types for foretaste gate model"
            )
        return io.load(path, trusted=list(trusted))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableDataError(
            f"{path}: not a readable skops file ({type(error).__name__}); write it with skops.io"
        ) from error
