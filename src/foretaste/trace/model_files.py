"""Models from disk, without pickle: scikit-learn estimators in skops files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foretaste.errors import MissingExtraError, UnreadableDataError, UsageError

__all__ = ["load_model"]


def load_model(path: Path) -> Any:
    """A scikit-learn estimator from a ``.skops`` file that holds nothing beyond trusted types.

    A pickle can run anything when it is opened, so it is refused; from Python, any model that is
    already in memory can be given.

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
        untrusted = io.get_untrusted_types(file=path)
        if untrusted:
            raise UsageError(
                f"model: {path.name} holds types that are not trusted: "
                f"{', '.join(sorted(untrusted)[:5])}; load it yourself and call foretaste.trace"
            )
        return io.load(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableDataError(
            f"{path}: not a readable skops file ({type(error).__name__}); write it with skops.io"
        ) from error
