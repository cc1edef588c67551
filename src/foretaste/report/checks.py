"""Which checks ran, which should have, and which have nothing to do with such data."""

from __future__ import annotations

from collections.abc import Sequence

from foretaste.types import Coverage

__all__ = ["applies", "gaps", "relevant"]


def applies(check: Coverage) -> bool:
    """Whether a check is about this kind of data at all: patches in a table are not missed.

    A scan gives ``looks at image only`` as the reason in that case.

    Examples
    --------
    >>> applies(Coverage("image-patches", "artefact", "statistical", False, reason="out of time"))
    True
    """
    return check.ran or not (
        check.reason.startswith("looks at ") and check.reason.endswith(" only")
    )


def relevant(coverage: Sequence[Coverage]) -> list[Coverage]:
    """The checks that apply."""
    return [check for check in coverage if applies(check)]


def gaps(coverage: Sequence[Coverage]) -> list[Coverage]:
    """The checks that apply and did not run."""
    return [check for check in coverage if applies(check) and not check.ran]
