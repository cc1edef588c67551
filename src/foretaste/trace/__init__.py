"""Trace room: these predictions were wrong; which rows and sources caused them?

::

    run ─► incidents     what was said, what was right, in the shape of the training rows
        ─► cause         few rows? which source? which rows?
             ─► kin            how strongly each row speaks for the incidents
             ─► references     what natural mistakes rest on
             ─► source_test    sources dealt out again, family-wise
             ─► row_test       conformal p-values, false-discovery rate
        ─► repair        three arms, trained again
             ─► trainers       the user's model, a small one of ours, or the exact head
             ─► models         a model as a function of content
        ─► notes         what to know when reading it
        ─► exhibits      incidents beside their causes
             ─► occlusion      what ties them together

The room can be called: ``foretaste.trace(data, incidents)`` is `run.trace`.
"""

import sys
from types import ModuleType

from foretaste.trace.run import trace

__all__ = ["trace"]


class _Room(ModuleType):
    """A module that is also the function it is named for."""

    __call__ = staticmethod(trace)


sys.modules[__name__].__class__ = _Room
