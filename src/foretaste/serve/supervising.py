"""Processes that are kept alive: one that dies is started again, and all end together.

A scan would hold up pages if it ran in their process, and one process answers no faster than one
core does. The parent does nothing itself but look after the others; whoever notices that the parent
is gone ends, so that nothing is left behind by ``kill -9``.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

from foretaste.errors import OutputError

__all__ = ["Child", "is_orphan", "supervise"]

_LOG = logging.getLogger("foretaste.serve")
_LOOK = 0.2  # seconds between two looks at the children
_QUICK = 10.0  # seconds: a child that lived shorter did not get to work
_MOST = 5  # quick deaths in a row, after which there is no hope
_GRACE = 40.0  # seconds that children have to end what they are at


@dataclass(frozen=True)
class Child:
    """What one process does; target and arguments can be pickled."""

    name: str
    target: Callable[..., None]
    arguments: tuple[Any, ...]


@dataclass
class _Kept:
    child: Child
    process: BaseProcess
    begun: float
    quick: int = 0  # deaths in a row


def supervise(children: Sequence[Child], ending: threading.Event) -> None:
    """Keep all of them running until `ending` is set, then let each end its work.

    Raises
    ------
    OutputError
        One of them dies again and again before it gets to work.
    """
    kept = [_Kept(child, _start(child), time.monotonic()) for child in children]
    try:
        while not ending.wait(_LOOK):
            for one in kept:
                if not one.process.is_alive():
                    _again(one)
    finally:
        _end([one.process for one in kept])


def is_orphan(parent: int) -> bool:
    """Whether the process that started this one is gone."""
    return os.getppid() != parent


def _start(child: Child) -> BaseProcess:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=child.target, args=child.arguments, name=child.name)
    process.start()
    _LOG.info("process started", extra={"child": child.name, "pid": process.pid})
    return process


def _again(one: _Kept) -> None:
    lived = time.monotonic() - one.begun
    one.quick = one.quick + 1 if lived < _QUICK else 0
    told = {"child": one.child.name, "pid": one.process.pid, "code": one.process.exitcode}
    if one.quick >= _MOST:
        raise OutputError(
            f"serve: {one.child.name} ended {_MOST} times before it got to work; look above"
        )
    _LOG.error("a process ended and is started again", extra=told)
    one.process, one.begun = _start(one.child), time.monotonic()


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        if process.is_alive():
            process.terminate()
    until = time.monotonic() + _GRACE
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            _LOG.error("a process does not end and is killed", extra={"child": process.name})
            process.kill()
            process.join()
