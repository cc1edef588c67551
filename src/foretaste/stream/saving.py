"""A stream guard, saved and restored: the restored one goes on as if nothing had happened."""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import Any

import numpy as np

from foretaste.stream.batch import concat
from foretaste.stream.content import Eye
from foretaste.stream.guard import StreamGuard
from foretaste.stream.harm import Golden
from foretaste.stream.merged import Merged
from foretaste.stream.sentinel import Fitted
from foretaste.stream.settings import GuardSettings
from foretaste.stream.state import (
    Arrays,
    batch_of,
    pack,
    packed_batch,
    packed_seen,
    seen_of,
    unpack,
)

__all__ = ["restore", "save"]

_NEVER = -1e300  # stands for minus infinity, which JSON does not know


def save(guard: StreamGuard) -> bytes:
    """Everything that the guard knows and holds."""
    ledger, sentinel, recent = guard.ledger, guard.sentinel, list(guard.recent.rounds)
    arrays: Arrays = {
        "empty": packed_batch(guard.empty),
        "gram": sentinel.gram,
        "cross": sentinel.cross,
        "fit": sentinel.fit_of,
        "first": ledger.first_seen,
        "last": ledger.last_seen,
        "sums": ledger.sums,
        "usual": ledger.usual,
        **packed_seen("outputs", guard.outputs.seen),
    }
    if guard.eye.centre is not None and guard.eye.spread is not None:
        arrays |= {"centre": guard.eye.centre, "spread": guard.eye.spread}
    if guard.waiting:
        arrays["waiting"] = packed_batch(guard.waiting_rows)
    if recent:
        arrays["merged"] = packed_batch(concat([each.rows for each in recent]))
        arrays["merged.residual"] = np.concatenate([each.residual for each in recent])
        arrays["merged.variance"] = np.concatenate([each.variance for each in recent])
    if guard.golden is not None:
        arrays |= {"golden.codes": guard.golden.codes, **packed_seen("golden", guard.golden.seen)}
    if guard.breaker.attested is not None:
        attested = guard.breaker.attested
        arrays |= {"attested.factor": attested.factor[0], "attested.weights": attested.weights}
    return pack(arrays, _facts(guard))


def _facts(guard: StreamGuard) -> dict[str, Any]:
    attested = guard.breaker.attested
    return {
        "settings": dataclasses.asdict(guard.settings),
        "seed": guard.seed,
        "labels": list(guard.labels),
        "round": guard.round,
        "clock": max(guard.clock, _NEVER),
        "next_round": guard.next_round,
        "sources": list(guard.ledger.numbers),
        "convicted": guard.ledger.convicted,
        "merged": [[each.round, len(each.rows)] for each in guard.recent.rounds],
        "open": guard.breaker.open,
        "attested_round": guard.breaker.attested_round,
        "attested_sharpness": None if attested is None else attested.sharpness,
    }


def restore(content: bytes) -> StreamGuard:
    """The guard that `save` saved.

    Raises
    ------
    UnreadableDataError
        The content is no saved guard, or another version wrote it.
    """
    arrays, facts = unpack(content)
    guard = StreamGuard.__new__(StreamGuard)
    settings = GuardSettings(**facts["settings"])
    eye = Eye(settings.width, arrays.get("centre"), arrays.get("spread"))
    guard.begin(settings, facts["seed"], batch_of(arrays["empty"]), eye, len(arrays["gram"]))
    guard.labels = {label: code for code, label in enumerate(facts["labels"])}
    guard.round, guard.next_round = facts["round"], facts["next_round"]
    guard.clock = -np.inf if facts["clock"] == _NEVER else facts["clock"]
    sentinel, ledger = guard.sentinel, guard.ledger
    sentinel.gram, sentinel.cross, sentinel.fit_of = (arrays[n] for n in ("gram", "cross", "fit"))
    ledger.numbers = {name: number for number, name in enumerate(facts["sources"])}
    ledger.first_seen, ledger.last_seen = arrays["first"], arrays["last"]
    ledger.sums, ledger.usual = arrays["sums"], arrays["usual"]
    ledger.convicted = dict(facts["convicted"])
    guard.outputs.seen = seen_of("outputs", arrays)
    if "waiting" in arrays:
        guard.wait_for(batch_of(arrays["waiting"]))
    guard.recent.rounds = _recent(arrays, facts)
    golden = seen_of("golden", arrays)
    guard.golden = None if golden is None else Golden(golden, arrays["golden.codes"])
    guard.breaker.open, guard.breaker.attested_round = facts["open"], facts["attested_round"]
    if "attested.weights" in arrays:
        factor = (arrays["attested.factor"], True)
        sharpness = float(facts["attested_sharpness"])
        guard.breaker.attested = Fitted(factor, arrays["attested.weights"], sharpness)
    return guard


def _recent(arrays: Arrays, facts: dict[str, Any]) -> deque[Merged]:
    rounds: deque[Merged] = deque()
    if "merged" not in arrays:
        return rounds
    rows, start = batch_of(arrays["merged"]), 0
    for number, many in facts["merged"]:
        part = np.arange(start, start + many)
        rounds.append(
            Merged(
                number,
                rows.take(part),
                arrays["merged.residual"][part],
                arrays["merged.variance"][part],
            )
        )
        start += many
    return rounds
