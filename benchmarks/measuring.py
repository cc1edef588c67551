"""One cell: scan what was planted, let the peers judge the same rows, retrain without the finds."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

import foretaste
from benchmarks.peers import Answer, Peer, discover
from benchmarks.peers.protocol import top
from benchmarks.reference import Seen, see
from benchmarks.results import Facts, Line, Method, this_run
from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.victim import Victim, accuracy, attack_success, has_aim, train
from foretaste.drill.sample import dataset_of
from foretaste.report import Report

__all__ = ["Case", "measure"]

Bools = npt.NDArray[np.bool_]
WORKS = {"flip": 0.1}  # success above that of a clean model from which on an attack works
WORKS_ELSE = 0.4


@dataclass(frozen=True)
class Case:
    """What is measured: rows with the truth about them, and what tells harm.

    `clean` gives a model of rows that were never touched, `test` are clean rows; both None where
    there is nothing to compare with. `guilty` names the vendor who did it.
    """

    data: str
    planted: str
    family: str
    seed: int
    done: Poisoned
    clean: Callable[[], Victim] | None = None
    test: Sample | None = None
    guilty: str | None = None


@dataclass
class _Cost:
    seconds: float = 0.0
    peak_mib: float | None = None


def measure(case: Case, *, retrain_all: bool, peers: bool = True) -> list[Line]:
    """Every method's line of a case. With `retrain_all` a model is trained after each of them,
    else only after foretaste and the peer that ranks best.
    """
    run, sample, truth = this_run(), case.done.sample, case.done.truth
    with _cost() as training:
        model = train(sample, case.seed)
    facts = _facts(case, model, training.seconds)
    with _cost() as cost:
        report = foretaste.scan(dataset_of(sample, case.data), seed=case.seed)
    answer = Answer(report.findings.score, report.findings.flagged)
    judged = [(_own(case, report, _method("foretaste", answer, truth, cost)), answer.flagged)]
    if peers:
        seen = see(sample, model, case.seed)
        judged.extend(_judged_by_peers(seen, case))
    best = max((m.best_precision or 0.0 for m, _ in judged[1:]), default=0.0)
    lines = []
    for method, flagged in judged:
        wanted = retrain_all or method.name == "foretaste" or method.best_precision == best
        held = _after(case, method, flagged, facts) if wanted and truth.any() else method
        lines.append(Line(facts, held, run))
    return lines


def _applies(kind: type[Peer], seen: Seen) -> bool:
    versions = this_run().versions
    there = not kind.needs or versions.get(kind.needs) != "not installed"
    return there and seen.sample.content.modality in kind.modalities


def _judged_by_peers(seen: Seen, case: Case) -> Iterator[tuple[Method, Bools]]:
    """Every peer that is installed and made for such rows; one that fails is left out, aloud."""
    for kind in discover():
        if not _applies(kind, seen):
            continue
        try:
            yield _judged(kind, seen, case)
        except Exception as error:  # noqa: BLE001  # theirs to raise; the other columns stand
            print(f"{kind.name} fails on {case.data}, {case.planted}: {error!r}", file=sys.stderr)


def _judged(kind: type[Peer], seen: Seen, case: Case) -> tuple[Method, Bools]:
    """The default verdict, then what the peer could do with the truth in hand."""
    truth = case.done.truth
    with _cost() as cost:
        answer = kind().judge(seen, kind.settings[0], np.random.default_rng(case.seed))
    method = _method(kind.name, answer, truth, cost)
    if not truth.any():
        return method, answer.flagged
    told = replace(seen, rate=float(truth.mean()))
    tried = {kind.settings[0]: answer}
    for setting in kind.settings if kind.rated else kind.settings[1:]:
        try:
            told_answer = kind().judge(told, setting, np.random.default_rng(case.seed))
        except ValueError:  # some of ART's settings fail where they find no cluster to condemn
            continue
        tried[f"{setting}, told the rate" if kind.rated else setting] = told_answer
    worth = {name: float(average_precision_score(truth, a.scores)) for name, a in tried.items()}
    name = max(worth, key=lambda key: worth[key])
    verdict = top(tried[name].scores, float(truth.mean()))
    method = replace(
        method,
        told_tpr=float(verdict[truth].mean()),
        told_fpr=float(verdict[~truth].mean()),
        best_precision=max(worth[name], method.precision or 0.0),
        best_setting=name,
    )
    return method, answer.flagged


def _method(name: str, answer: Answer, truth: Bools, cost: _Cost) -> Method:
    scores = np.nan_to_num(np.asarray(answer.scores, dtype=np.float64), posinf=1e300)
    flagged = np.asarray(answer.flagged, dtype=np.bool_)
    method = Method(
        name,
        int(flagged.sum()),
        float(flagged[~truth].mean()) if (~truth).any() else 0.0,
        round(cost.seconds, 3),
        cost.peak_mib,
    )
    if not truth.any():
        return method
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    return replace(
        method,
        precision=float(average_precision_score(truth, scores)),
        auroc=float(roc_auc_score(truth, scores)),
        tpr=float(flagged[truth].mean()),
        tpr_half_percent=float(tpr[fpr <= 0.005].max()),
    )


def _own(case: Case, report: Report, method: Method) -> Method:
    """What only foretaste says."""
    guilty = {s.name for s in report.sources if s.guilty}
    source = "–"
    if case.guilty is not None:
        source = "yes" if guilty == {case.guilty} else "no"
    elif guilty:
        source = "accused: " + ", ".join(sorted(guilty))
    told = next((g.described for g in report.groups if g.described), "") or ""
    kinds = ", ".join(sorted({str(kind) for kind in report.findings.kind if kind}))
    return replace(method, verdict=str(report.verdict), kinds=kinds, trigger=told, source=source)


def _facts(case: Case, model: Victim, seconds: float) -> Facts:
    """The harm done where nobody looks, and whether the attack works at all."""
    done, truth = case.done, case.done.truth
    facts = Facts(
        case.data,
        case.planted,
        case.family,
        str(done.sample.content.modality),
        case.seed,
        len(truth),
        int(truth.sum()),
        "–",
        *(None, None, None, None),
        round(seconds, 3),
    )
    if case.clean is None or case.test is None or not truth.any():
        return facts
    clean = case.clean()
    facts = replace(
        facts,
        accuracy_clean=accuracy(clean, case.test),
        accuracy_before=accuracy(model, case.test),
    )
    if not has_aim(done):
        return facts
    base = attack_success(clean, case.test, done).rate
    before = attack_success(model, case.test, done).rate
    works = before - base > WORKS.get(case.family, WORKS_ELSE)
    return replace(facts, success_clean=base, success_before=before, works="yes" if works else "no")


def _after(case: Case, method: Method, flagged: Bools, facts: Facts) -> Method:
    """Accuracy and attack success of a model trained without the flagged rows."""
    if case.test is None:
        return method
    if not flagged.any():
        return replace(
            method, success_after=facts.success_before, accuracy_after=facts.accuracy_before
        )
    kept = case.done.sample.take(~flagged)
    if np.unique(kept.labels).size < 2:
        return method
    model = train(kept, case.seed)
    success = attack_success(model, case.test, case.done).rate if has_aim(case.done) else None
    return replace(method, success_after=success, accuracy_after=accuracy(model, case.test))


@contextmanager
def _cost() -> Iterator[_Cost]:
    """Seconds and the peak of memory above what was in use, sampled every 20 ms."""
    cost, done = _Cost(), threading.Event()
    before = _resident()
    peak = [before]

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], _resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.perf_counter()
    try:
        yield cost
    finally:
        cost.seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    if before:
        cost.peak_mib = round(max(peak[0] - before, 0) / 2**20, 1)


def _resident() -> int:
    """Bytes of memory of this process; 0 where the system does not say."""
    path = Path("/proc/self/statm")
    if not path.exists():
        return 0
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
