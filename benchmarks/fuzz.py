"""Spoilt inputs, by the hundred thousand: ``python -m benchmarks.fuzz [CASES] [SEED]``.

Manifests, bundles, checkpoints, proofs, trust files, model signatures, log tiles, row indexes,
schemas, settings, expectation suites, sealed rows, data files and pictures are spoilt by flipped
bits, cuts, repeats, splices, odd numbers and swapped JSON values. Each must be read, or refused
with one of the product's own errors: no other exception, no hang, no memory that grows with what a
document claims. 120,000 cases by default.

What is read must not be believed: only what was signed may verify.
"""

from __future__ import annotations

import collections
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fuzz_documents import documents
from benchmarks.fuzz_inputs import Read, inputs
from foretaste.errors import ForetasteError

__all__ = ["Outcome", "fuzz", "main"]

SLOW = 5.0  # seconds of the processor for one case, which counts as a hang
ODD = ("", "\x00", "../x", "9" * 400, "é" * 50, "\ud800", "2026-13-01T00:00:00Z", "f" * 64)
NUMBERS = (-1, 0, 1, 2**31, 2**63 - 1, 2**63, 2**70, 1.5, True, None)


@dataclass(frozen=True)
class Outcome:
    """What became of the cases of one kind of input."""

    kind: str
    cases: int
    refused: int  # with one of the product's own errors
    read: int  # and not believed, where there is something to believe
    believed: int  # spoilt, and verified all the same: must be zero
    failures: tuple[str, ...]  # other exceptions, and hangs


def fuzz(cases: int, seed: int, folder: Path) -> list[Outcome]:
    """Spoil each kind of input, `cases` times in all.

    Parameters
    ----------
    cases
        Over all kinds.
    seed
        The same seed, the same cases.
    folder
        An empty one, to write to.
    """
    kinds = {**inputs(folder), **documents(folder)}
    return [
        _fuzz_kind(name, content, read, cases // len(kinds), random.Random(f"{seed} {name}"))  # noqa: S311
        for name, (content, read) in kinds.items()
    ]


def _fuzz_kind(kind: str, content: bytes, read: Read, cases: int, rng: random.Random) -> Outcome:
    count: collections.Counter[str] = collections.Counter()
    failures: list[str] = []
    truth = read(content)
    for _ in range(cases):
        spoilt = _spoil(content, rng)
        start = time.process_time()
        try:
            believed = read(spoilt)
            count["read"] += 1
            count["believed"] += believed is not None and believed != truth
        except ForetasteError:
            count["refused"] += 1
        except BaseException as error:  # noqa: BLE001 - all others are what is looked for
            failures.append(f"{type(error).__name__}: {error!s:.100}")
        if time.process_time() - start > SLOW:
            failures.append(f"took more than {SLOW} seconds: {spoilt[:80]!r}")
    return Outcome(kind, cases, count["refused"], count["read"], count["believed"], tuple(failures))


def _spoil(content: bytes, rng: random.Random) -> bytes:
    """One to three changes."""
    for _ in range(rng.randint(1, 3)):
        content = rng.choice(SPOILS)(content, rng)
    return content


def _flip(content: bytes, rng: random.Random) -> bytes:
    if not content:
        return b"\x00"
    spoilt = bytearray(content)
    spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def _cut(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + content[rng.randint(start, len(content)) :]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    part = content[start : start + rng.randint(1, 64)]
    return content[:start] + part * rng.choice((2, 3, 50)) + content[start:]


def _insert(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    odd = (
        b"\x00",
        b"\xff\xfe",
        b"[" * 2000,
        b'{"a":' * 2000,
        b"1e999",
        b"NaN",
        b"\n\n",
        b'"',
        b"9" * 5000,
    )
    return content[:start] + rng.choice(odd) + content[start:]


def _splice(content: bytes, rng: random.Random) -> bytes:
    one, other = (rng.randrange(len(content) + 1) for _ in range(2))
    return content[:one] + content[other : other + rng.randint(1, 200)] + content[one:]


def _json(content: bytes, rng: random.Random) -> bytes:
    """Another value somewhere in a JSON document; what is none, or too deep, is cut."""
    first, *rest = content.split(b"\n")
    try:
        document = json.loads(first)
        places: list[tuple[Any, Any]] = []
        _walk(document, places)
        holder, name = rng.choice(places)
        holder[name] = rng.choice((*ODD, *NUMBERS, [], {}, [[]], [{}], {"name": 1}))
        return b"\n".join([json.dumps(document).encode(), *rest])
    except (ValueError, IndexError, RecursionError):
        return _cut(content, rng)


def _walk(value: Any, places: list[tuple[Any, Any]]) -> None:
    if not isinstance(value, dict | list):
        return
    for name, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        places.append((value, name))
        _walk(inner, places)


SPOILS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _flip, _cut, _repeat, _insert, _splice, _json, _json, _json,
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Print a line for each kind; 1 if anything failed or was believed."""
    cases = int(arguments[0]) if arguments else 120_000
    seed = int(arguments[1]) if len(arguments) > 1 else 0
    with tempfile.TemporaryDirectory() as folder:
        outcomes = fuzz(cases, seed, Path(folder))
    bad = 0
    for outcome in outcomes:
        shown: Mapping[str, object] = {**vars(outcome), "failures": outcome.failures[:5]}
        print(json.dumps(shown), flush=True)
        bad += len(outcome.failures) + outcome.believed
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    total = sum(outcome.cases for outcome in outcomes)
    print(f"{total:,} cases, {bad} failed or believed, largest memory {memory} MiB")
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
