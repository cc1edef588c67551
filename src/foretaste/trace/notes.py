"""What to know when reading a trace: where the head that was traced may differ from the model."""

from __future__ import annotations

__all__ = ["what_to_know"]


def what_to_know(
    *, missed: int, incidents: int, model: bool, data: bool, proven: bool | None
) -> tuple[str, ...]:
    """One sentence each.

    Parameters
    ----------
    missed, incidents
        Incidents that the head does not itself misread, of all.
    model, data
        Whether the model, and the training rows themselves, were at hand.
    proven
        Whether anything was put to the proof; None where none was wanted.

    Examples
    --------
    >>> what_to_know(missed=0, incidents=2, model=True, data=True, proven=False)
    ('Nothing was put to the proof: there is no suspect.',)
    """
    notes = []
    if missed:
        notes.append(
            f"The head that is traced does not itself make {missed} of {incidents} of these "
            "mistakes: what it blames is what speaks for them, not what decided them."
        )
    if not model:
        notes.append("No model was given: how far the traced head stands for it is not known.")
    if proven and not data:
        notes.append(
            "Only the fingerprint was given: the proof is exact for the head over the stored "
            "features, and says nothing of another model until that is trained again."
        )
    if proven is False:
        notes.append("Nothing was put to the proof: there is no suspect.")
    return tuple(notes)
