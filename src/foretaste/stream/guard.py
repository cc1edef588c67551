"""The stream guard: rows wait, are seen together, and teach or do not.

::

    push ─► wait ─► see ─► findings ─► shares ─► shadow model on golden rows ─► merge | keep back
                                                                   └─► breaker: roll back, freeze

Deterministic: the same rows in the same order give the same outcomes, whatever the micro-batches
they came in. Memory is bounded by the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from foretaste.errors import NotAssessableError, UsageError
from foretaste.stream.association import dependent_associations
from foretaste.stream.batch import Batch, concat
from foretaste.stream.breaker import Breaker
from foretaste.stream.caps import above_share
from foretaste.stream.content import Eye, Seen, copies
from foretaste.stream.contradiction import (
    accomplices,
    contradicting_companies,
    contradicting_newcomers,
)
from foretaste.stream.coordination import acting_together, themes
from foretaste.stream.echo import Outputs, echoes
from foretaste.stream.harm import Golden, harmful_groups
from foretaste.stream.ledger import Ledger
from foretaste.stream.merged import Merged, Recent
from foretaste.stream.outcome import Outcome
from foretaste.stream.sentinel import Sentinel
from foretaste.stream.settings import GuardSettings
from foretaste.stream.window import Finding, Kind, Window

__all__ = ["StreamGuard"]

_LABELS = 200  # that one guard knows at most
_HISTORY = 50  # rows that make a history

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class StreamGuard:
    """Decides which rows of a stream may teach a model.

    Parameters
    ----------
    history
        Rows that are trusted: what was known before the stream.
    golden
        Rows that are trusted and never taught, to see harm on; none by default.
    settings
        Levels and bounds.
    seed
        Of the permutations; same seed, same outcomes.

    Examples
    --------
    >>> words = ["win cash now", "see you at home"]
    >>> def rows(n, start, sender="u"):
    ...     return Batch.of(
    ...         [f"{start + i}" for i in range(n)],
    ...         [float(start + i) for i in range(n)],
    ...         [f"{sender}{i % 20}" for i in range(n)],
    ...         [["spam", "ham"][i % 2] for i in range(n)],
    ...         [words[i % 2] + f" {i % 7}" for i in range(n)],
    ...     )
    >>> guard = StreamGuard(rows(100, -1_000_000), settings=GuardSettings(delay=10, round=10))
    >>> sum(len(o.merged) for o in [*guard.push(rows(60, 0)), *guard.finish()])
    60
    """

    golden: Golden | None

    def __init__(
        self,
        history: Batch,
        *,
        golden: Batch | None = None,
        settings: GuardSettings | None = None,
        seed: int = 0,
    ) -> None:
        if len(history) < _HISTORY or len(set(history.labels)) < 2:
            raise NotAssessableError(
                f"guard: history holds {len(history):,} rows of {len(set(history.labels)):,} "
                f"labels; without {_HISTORY} trusted rows of two labels nothing can be judged"
            )
        chosen = settings or GuardSettings()
        eye = Eye.of(chosen.width, history)
        seen = eye.see(history)
        self.begin(chosen, seed, history.take(np.arange(0)), eye, seen.x.shape[1])
        self._prime(history, seen)
        if golden is not None:
            self.golden = Golden(eye.see(golden), self._codes(golden))

    def begin(self, settings: GuardSettings, seed: int, empty: Batch, eye: Eye, width: int) -> None:
        """A guard that knows nothing yet; what is known comes from a history, or was saved."""
        self.settings, self.seed, self.empty, self.eye = settings, seed, empty, eye
        self.labels: dict[str, int] = {}
        self.sentinel = Sentinel(width)
        self.ledger = Ledger(settings.sources)
        self.recent = Recent(settings.horizon)
        self.outputs = Outputs(settings.outputs)
        self.golden = None
        self.breaker = Breaker()
        self.round, self.clock = 0, -np.inf
        self.next_round: float | None = None
        self._waiting: list[Batch] = []
        self._unseen: list[Batch] = []
        self._seen: Seen | None = None

    def wait_for(self, rows: Batch) -> None:
        """Rows that go on waiting in a guard that was saved."""
        self._waiting, self._unseen, self._seen = [rows], [rows], None

    @property
    def waiting_rows(self) -> Batch:
        """The rows that wait for their judgement."""
        return concat([self.empty, *self._waiting])

    def _prime(self, history: Batch, seen: Seen) -> None:
        """Learn the history in two halves, so that the second shows how well labels are told."""
        codes = self._codes(history)
        sources = self.ledger.enter(history.sources, history.times)
        order = np.random.default_rng(self.seed).permutation(len(codes))
        for part in np.array_split(order, 2):
            model = self.sentinel.fitted()
            if self.sentinel.gram.any():
                self.sentinel.calibrate(model, seen.x[part], codes[part])
                reading = self.sentinel.fitted().read(seen.x[part], codes[part])
                self.ledger.note(sources[part], codes[part], reading.residual, reading.variance)
                self.ledger.note_usual(codes[part], reading.residual)
            self.sentinel.add(seen.x[part], codes[part])

    @property
    def waiting(self) -> int:
        """Rows that wait for their judgement."""
        return sum(len(batch) for batch in self._waiting)

    @property
    def frozen(self) -> bool:
        """The breaker is open."""
        return self.breaker.open

    def said(self, texts: Sequence[str]) -> None:
        """Tell the guard what the model said, so that it knows its echo."""
        n = len(texts)
        rows = Batch.of([""] * n, np.zeros(n), [""] * n, [""] * n, list(texts))
        self.outputs.add(self.eye.see(rows))

    def thaw(self) -> None:
        """Close the breaker again, once a person has seen why it opened."""
        self.breaker = Breaker()

    def acquit(self, source: str) -> None:
        """Let a convicted source speak again."""
        if self.ledger.convicted.pop(source, None) is None:
            raise UsageError(f"guard: source {source!r} is not convicted; nothing to acquit")

    def push(self, rows: Batch) -> list[Outcome]:
        """Take rows in; returns the outcomes of the rounds that came due with them.

        Rows whose time lies before rows that came earlier are taken as if they came now.
        """
        outcomes: list[Outcome] = []
        rows = rows.at(np.maximum(np.maximum.accumulate(rows.times), self.clock))
        while len(rows):
            if self.next_round is None:
                self.next_round = float(rows.times[0]) + self.settings.round
            before = int(np.searchsorted(rows.times, self.next_round, side="left"))
            fits = min(before, self.settings.capacity - self.waiting)
            if fits > 0:
                self._take_in(rows.take(np.arange(fits)))
                rows = rows.take(np.arange(fits, len(rows)))
            if not len(rows):
                break
            if self.waiting >= self.settings.capacity and fits < before:
                outcomes.append(self._judge(self.clock, early=True))
            else:
                now = self.next_round
                self.next_round = now + self.settings.round
                outcomes.append(self._judge(now))
        return outcomes

    def finish(self) -> list[Outcome]:
        """Judge all rows that still wait, when a stream ends."""
        return [self._judge(np.inf)] if self.waiting else []

    def _take_in(self, rows: Batch) -> None:
        self._waiting.append(rows)
        self._unseen.append(rows)
        self.clock = float(rows.times[-1])

    def _look(self) -> tuple[Batch, Seen]:
        if self._unseen:
            fresh = self.eye.see(concat(self._unseen))
            self._seen = fresh if self._seen is None else self._seen.joined(fresh)
            self._unseen = []
        rows = concat(self._waiting)
        self._waiting = [rows]
        assert self._seen is not None  # rows wait, so they were looked at
        return rows, self._seen

    def _codes(self, rows: Batch) -> Ints:
        for label in rows.labels:
            if label not in self.labels:
                if len(self.labels) >= _LABELS:
                    raise UsageError(
                        f"guard: label {label!r} is one more than the {_LABELS} a guard can know; "
                        "is the label column right?"
                    )
                self.labels[label] = len(self.labels)
        self.sentinel.grow(len(self.labels))
        self.ledger.grow(len(self.labels))
        return np.array([self.labels[label] for label in rows.labels], dtype=np.int64)

    def _window(self, rows: Batch, seen: Seen, rng: np.random.Generator) -> Window:
        codes = self._codes(rows)
        sources = self.ledger.enter(rows.sources, rows.times)
        contents = copies(seen)
        local = np.unique(sources, return_inverse=True)[1].ravel()
        company = acting_together(
            local, codes, contents, themes(seen.terms), rows.times, self.settings, rng
        )
        model = self.sentinel.fitted()
        natural, spread = self.ledger.natural()
        return Window(
            rows=rows,
            seen=seen,
            codes=codes,
            sources=sources,
            company=np.unique(company[local], return_inverse=True)[1].ravel(),
            contents=contents,
            young=rows.times - self.ledger.first_seen[sources] < self.settings.ageing,
            reading=model.read(seen.x, codes),
            model=model,
            natural=natural,
            spread=spread,
            natural_clear=self.ledger.natural_clear(),
            label_names=tuple(self.labels),
        )

    def _judge(self, now: float, *, early: bool = False) -> Outcome:
        """One round: look at all rows that wait, decide on those whose delay is over."""
        self.round += 1
        if not self.waiting:
            return Outcome(self.round, now, self.empty, self.empty, (), self.empty)
        rows, seen = self._look()
        window = self._window(rows, seen, np.random.default_rng([self.seed, self.round]))
        due = rows.times <= now - self.settings.delay
        if early:
            due = np.arange(len(rows)) < (len(rows) + 1) // 2
        kept, found = self._findings(window)
        free = np.flatnonzero(due & ~_mask(kept, len(rows)))
        kept.update(dict.fromkeys(above_share(window, free, self.settings).tolist(), Kind.SURPLUS))
        free = np.flatnonzero(due & ~_mask(kept, len(rows)))
        if self.golden is not None and len(free):
            harms = harmful_groups(window, free, self.sentinel, self.golden, self.settings)
            for finding in harms:
                kept.update(dict.fromkeys(finding.rows.tolist(), finding.kind))
                harms = [*harms, *accomplices(window, finding.rows, self.ledger)]
            for finding in harms:
                for row in finding.rows.tolist():
                    kept.setdefault(row, finding.kind)
            found += harms
            free = np.flatnonzero(due & ~_mask(kept, len(rows)))
        for finding in found:
            for source in finding.sources:
                self.ledger.convicted.setdefault(source, self.round)
        return self._settle(now, window, kept, free, tuple(found), early=early)

    def _findings(self, window: Window) -> tuple[dict[int, str], list[Finding]]:
        """Rows to keep back by number, with the first reason of each."""
        convicted = np.array([name in self.ledger.convicted for name in window.rows.sources])
        kept = dict.fromkeys(np.flatnonzero(convicted).tolist(), Kind.CONVICTED)
        found = [
            *contradicting_companies(window, self.ledger, self.settings),
            *contradicting_newcomers(window, self.ledger, self.settings),
            *dependent_associations(window),
            *echoes(window, self.outputs),
        ]
        for finding in found:
            for row in finding.rows.tolist():
                kept.setdefault(row, finding.kind)
        return kept, found

    def _settle(
        self,
        now: float,
        window: Window,
        kept: dict[int, str],
        free: Ints,
        found: tuple[Finding, ...],
        *,
        early: bool,
    ) -> Outcome:
        """Take back, merge, keep back; the rest goes on waiting."""
        gone = self._take_back(lambda each: _of(each.rows.sources, self.ledger.convicted))
        loss = None
        if self.golden is not None:
            loss = self.breaker.look(self.sentinel, self.golden, window, free, self.round)
        if self.breaker.open:
            since = self.breaker.attested_round
            gone += self._take_back(lambda each: np.full(len(each.rows), each.round > since))
            kept.update(dict.fromkeys(free.tolist(), Kind.FROZEN))
            free = free[:0]
        self._merge(window, free)
        self._hold_against(window, kept)
        out = np.array(sorted(kept), dtype=np.int64)
        stays = ~(_mask(kept, len(window.rows)) | np.isin(np.arange(len(window.rows)), free))
        self._waiting = [window.rows.take(stays)] if stays.any() else []
        self._seen = window.seen.take(stays) if stays.any() else None
        self.ledger.forget()
        return Outcome(
            round=self.round,
            time=now,
            merged=window.rows.take(free),
            kept_back=window.rows.take(out),
            reasons=tuple(kept[row] for row in out.tolist()),
            retracted=concat([self.empty, *(each.rows for each in gone)]),
            findings=found,
            golden_loss=loss,
            frozen=self.breaker.open,
            early=early,
        )

    def _merge(self, window: Window, free: Ints) -> None:
        """Learn rows, and note what was held of them before."""
        codes = window.codes[free]
        residual, variance = window.reading.residual[free], window.reading.variance[free]
        if len(free):
            known = codes < window.model.weights.shape[1]
            x = window.seen.x[free]
            self.sentinel.calibrate(window.model, x[known], codes[known])
            self.sentinel.add(x, codes)
            self.ledger.note(window.sources[free], codes, residual, variance)
            self.ledger.note_usual(codes, residual)
        self.recent.add(Merged(self.round, window.rows.take(free), residual, variance))

    def _hold_against(self, window: Window, kept: Mapping[int, str]) -> None:
        """What was kept back is remembered of its sources, though it taught nothing."""
        rows = np.array([r for r, why in kept.items() if why != Kind.SURPLUS], dtype=np.int64)
        reading = window.reading
        self.ledger.note(
            window.sources[rows], window.codes[rows], reading.residual[rows], reading.variance[rows]
        )

    def _take_back(self, which: Callable[[Merged], Bools]) -> list[Merged]:
        """Unlearn rows merged in earlier rounds."""
        gone = self.recent.take_out(which)
        for each in gone:
            codes = self._codes(each.rows)
            self.sentinel.add(self.eye.see(each.rows).x, codes, sign=-1.0)
            self.ledger.note_usual(codes, each.residual, sign=-1.0)
        return gone


def _mask(rows: Iterable[int], n: int) -> Bools:
    mask = np.zeros(n, dtype=bool)
    mask[list(rows)] = True
    return mask


def _of(names: npt.NDArray[np.object_], convicted: Mapping[str, int]) -> Bools:
    return np.array([name in convicted for name in names], dtype=bool)
