"""Stream guard: feedback never changes weights directly.

::

    batch          rows of a stream: who taught which label with what, and when
    guard          rows wait, are seen together, and teach or do not
      ├─ content       what is seen of texts and numbers; what is a copy of what
      ├─ sentinel      the guard's own model, whose rows can be taken back exactly
      ├─ ledger        what is remembered of each source
      ├─ coordination  who acts together: one voice
      ├─ contradiction, association, echo, harm    findings, one file each
      ├─ caps          no source gives more than its share
      └─ breaker       freeze, and back to the best checkpoint

Levels stand in `settings`, and beside the statistic that they belong to.
"""

from foretaste.stream.batch import Batch
from foretaste.stream.guard import StreamGuard
from foretaste.stream.outcome import Outcome
from foretaste.stream.settings import GuardSettings

__all__ = ["Batch", "GuardSettings", "Outcome", "StreamGuard"]
