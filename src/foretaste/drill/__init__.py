"""Drill room: would we have noticed?

::

    run ─► plan       which attacks, at which sizes, in which order
        ─► ground     the rows, those held out, and the scan before anything is planted
        ─► trial      plant, scan, compare with the truth
             ─► removal   victims trained with and without the flagged rows
        ─► journal    finished trials on disk
        ─► power      what trials say together

- `sample`: a data set as the red team meets it, and back

The room can be called: ``foretaste.drill(data)`` is `run.drill`, and ``foretaste.drill.sample``
is still a module, whatever was imported first.
"""

import sys
from types import ModuleType

from foretaste.drill.run import drill

__all__ = ["drill"]


class _Room(ModuleType):
    """A module that is also the function it is named for."""

    __call__ = staticmethod(drill)


sys.modules[__name__].__class__ = _Room
