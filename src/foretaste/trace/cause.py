"""Why did the model say that? One cause for all incidents that were called the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.influence.fingerprint import Fingerprint
from foretaste.report.trace_findings import Cause, TracedRow, TracedSource
from foretaste.trace.kin import Accused
from foretaste.trace.references import LEFT_OUT, NaturalMistakes, Reference
from foretaste.trace.row_test import benjamini_hochberg, conformal
from foretaste.trace.source_test import SourceTest, compare_sources, confounded
from foretaste.types import Bools, Floats, Ints

__all__ = ["Bars", "find_cause"]

SHOWN = 200  # rows of a cause that are listed


@dataclass(frozen=True)
class Bars:
    """Errors that are accepted.

    alpha: of saying that a natural mistake was caused by few rows, or by a source; shared by the
        two questions and by all labels that were said.
    fdr: share of wrongly flagged rows among flagged rows.
    """

    alpha: float = 0.05
    fdr: float = 0.05


@dataclass(frozen=True, eq=False)
class _Evidence:
    accused: Accused
    query: npt.NDArray[np.float32]  # (1, d)
    direction: Floats
    scores: npt.NDArray[np.float32]  # (n',)
    references: tuple[Reference, ...]
    p_few: float
    n_references: int


def find_cause(
    prints: Fingerprint,
    natural: NaturalMistakes,
    features: npt.NDArray[np.float32],
    said: int,
    expected: Ints,
    which: tuple[int, ...],
    bars: Bars,
    rng: np.random.Generator,
) -> Cause:
    """Rows, sources, and whether they explain the incidents.

    Parameters
    ----------
    prints
        Of the training rows.
    natural
        Mistakes of its head to compare with.
    features
        (m, d) of the incidents.
    said
        The class code that all of them were called.
    expected
        (m,) class codes that were right.
    which
        Their numbers, for people.
    bars
        Errors, already shared among the labels that were said.
    rng
        For the test of sources.
    """
    evidence = _gather(natural, features, said, expected)
    accused, scores = evidence.accused, evidence.scores
    contribution = accused.contribution(evidence.query)
    sources, refusal = _sources(prints, evidence, contribution, rng)
    guilty = np.zeros(0, dtype=np.int64)
    if sources is not None:
        guilty = np.flatnonzero(sources.p_value <= bars.alpha / 2)
    few = evidence.p_few <= bars.alpha / 2
    p_rows, flagged = _rows(prints, evidence, guilty, few=few, fdr=bars.fdr)
    order = np.lexsort((-scores, ~flagged))
    suspects, chosen = _suspects(prints, evidence, flagged, order, guilty, few=few)
    names = [prints.source_names[code] for code in guilty]
    weight = np.maximum(contribution, 0.0)
    effective = float(weight.sum() ** 2 / max(float((weight**2).sum()), 1e-300))
    n_flagged = int(flagged.sum())
    return Cause(
        said=prints.classes[said],
        expected=tuple(prints.classes[code] for code in np.unique(expected)),
        incidents=which,
        explained=bool(few or len(guilty)),
        p_value=evidence.p_few,
        references=evidence.n_references,
        effective_rows=effective,
        accused=len(accused),
        rows=tuple(
            _traced(prints, evidence, int(at), contribution, p_rows, flagged)
            for at in order[: max(25, min(n_flagged, SHOWN))]
        ),
        flagged=n_flagged,
        suspects=tuple(suspects.tolist()),
        suspects_are=chosen,
        sources=() if sources is None else _compared(prints, sources, bars),
        source_depth=0 if sources is None else sources.depth,
        source_refusal=refusal,
        sentence=_sentence(prints.classes[said], len(which), names, n_flagged, few, chosen),
    )


def _gather(
    natural: NaturalMistakes, features: npt.NDArray[np.float32], said: int, expected: Ints
) -> _Evidence:
    kinship = natural.kinship
    direction = -np.bincount(expected, minlength=kinship.head.n_classes) / len(expected)
    direction[said] += 1.0
    accused = kinship.accuse(said, direction)
    query = kinship.standardised(features).mean(axis=0, keepdims=True)
    scores = accused.scores(query)
    references = natural.of(len(features))
    falls = np.concatenate([r.falls for r in references]) if references else np.zeros(0)
    p = float(conformal(accused.fall(query, scores, direction, LEFT_OUT), falls)[0])
    return _Evidence(accused, query, direction, scores[0], references, p, len(falls))


def _sources(
    prints: Fingerprint, evidence: _Evidence, contribution: Floats, rng: np.random.Generator
) -> tuple[SourceTest | None, str]:
    if prints.sources is None:
        return None, "the training rows carry no source"
    held = prints.sources[evidence.accused.rows]
    reason = confounded(held, len(prints.source_names))
    if reason is not None:
        return None, f"source and label are confounded: {reason}"
    # what rows have in common sees many rows that each do little, influence few that do much
    ways = np.stack([evidence.scores.astype(np.float64), contribution])
    return compare_sources(ways, held, len(prints.source_names), rng), ""


def _rows(
    prints: Fingerprint, evidence: _Evidence, guilty: Ints, *, few: bool, fdr: float
) -> tuple[Floats, Bools]:
    """P-values, and flags: of rows of guilty sources if there are any, else of any row."""
    scores = evidence.scores
    flagged = np.zeros(len(scores), dtype=np.bool_)
    if len(guilty) and prints.sources is not None:
        mine = np.isin(prints.sources[evidence.accused.rows], guilty)
        p = conformal(scores, scores[~mine])
        flagged[mine] = benjamini_hochberg(p[mine], fdr)
        return p, flagged
    null = [r.scores.ravel() for r in evidence.references]
    p = conformal(scores, np.concatenate(null) if null else np.zeros(0))
    return p, benjamini_hochberg(p, fdr) if few else flagged


def _suspects(
    prints: Fingerprint,
    evidence: _Evidence,
    flagged: Bools,
    order: Ints,
    guilty: Ints,
    *,
    few: bool,
) -> tuple[Ints, str]:
    """Row numbers to put to the proof, the strongest first."""
    rows = evidence.accused.rows
    if flagged.any():
        return rows[order[: int(flagged.sum())]], "flagged rows"
    if len(guilty) and prints.sources is not None:
        strongest = rows[order]
        mine = np.isin(prints.sources[strongest], guilty)
        return strongest[mine], "all rows with this label of the guilty source"
    if not few:
        return rows[:0], ""
    fewest = _sufficient(prints, evidence, rows[order])
    if fewest is None:
        return rows[:0], ""
    return rows[order[:fewest]], "the strongest rows without which the head stops saying it"


def _sufficient(prints: Fingerprint, evidence: _Evidence, rows: Ints) -> int | None:
    """Fewest of the strongest rows whose removal turns the head's mean margin, by bisection."""
    head = prints.head
    x = evidence.query.astype(np.float64)
    raw = x * np.where(np.isfinite(head.scale), head.scale, 0.0) + head.centre

    def margin(count: int) -> float:
        return float((head.without(rows[:count]).scores(raw) @ evidence.direction)[0])

    few, enough = 0, len(rows) // 2
    if margin(0) <= 0 or margin(enough) > 0:
        return None
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if margin(middle) <= 0 else (middle, enough)
    return enough


def _traced(
    prints: Fingerprint,
    evidence: _Evidence,
    at: int,
    contribution: Floats,
    p_values: Floats,
    flagged: Bools,
) -> TracedRow:
    row = int(evidence.accused.rows[at])
    source = None if prints.sources is None else prints.source_names[prints.sources[row]]
    return TracedRow(
        row=row,
        id=str(prints.ids[row]),
        label=prints.classes[prints.head.labels[row]],
        source=source,
        score=float(evidence.scores[at]),
        contribution=float(contribution[at]),
        p_value=float(p_values[at]),
        flagged=bool(flagged[at]),
    )


def _compared(prints: Fingerprint, test: SourceTest, bars: Bars) -> tuple[TracedSource, ...]:
    order = np.lexsort((-test.strongest, test.p_value))
    return tuple(
        TracedSource(
            name=prints.source_names[code],
            rows=int(test.held[code]),
            strongest=int(test.strongest[code]),
            p_value=float(test.p_value[code]),
            guilty=bool(test.p_value[code] <= bars.alpha / 2),
        )
        for code in order
        if test.held[code]
    )


def _sentence(
    said: str, incidents: int, guilty: list[str], flagged: int, few: bool, chosen: str
) -> str:
    what = f"{incidents} incident{'s' * (incidents != 1)} called {said!r}"
    if guilty:
        rows = f"{flagged} of its rows are flagged" if flagged else "no single row can be flagged"
        which = "source " + ", ".join(repr(name) for name in guilty[:3])
        return f"{what}: the rows that speak for it come from {which}; {rows}."
    if few and flagged:
        return f"{what}: {flagged} training rows stand out, of no source in particular."
    if few:
        rest = f"; put to the proof are {chosen}" if chosen else ""
        return f"{what}: it rests on few rows, more than natural mistakes do{rest}."
    return f"{what}: not explained by training rows; it draws on them as natural mistakes do."
