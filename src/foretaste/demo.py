"""The demonstration: real data, poison planted before your eyes, and what the scan makes of it.

Two data sets that come with scikit-learn, each poisoned and untouched::

    digits            1,797 pictures   one of ten vendors plants a patch with a false label
    breast cancer     569 biopsies     8 % of labels flipped, most by one of eight pathologists
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from jinja2 import Environment, StrictUndefined
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.image_patch import ImagePatch
from foretaste.attack.label_annotator import LabelAnnotator
from foretaste.attack.label_flip_random import LabelFlipRandom
from foretaste.errors import OutputError
from foretaste.report import Report
from foretaste.report.write import write_together
from foretaste.scanning import scan
from foretaste.types import Images, Table

__all__ = ["Exercise", "Outcome", "exercises", "grade", "run"]

Progress = Callable[[str, float], None]

PATCH_RATE = 0.02  # of all rows, 36 pictures, all from one vendor
FLIPS_OF_ONE, FLIPS_OF_OTHERS = 0.0635, 0.0175  # of all rows, 36 and 10 biopsies
TARGET = 7  # the digit that the patch leads to
VENDORS, PATHOLOGISTS = 10, 8


@dataclass(frozen=True)
class Exercise:
    """A data set, and the truth about it."""

    name: str  # of the file and of the folder of its report
    about: str
    planted: str  # what was done to it, for people
    rows: pa.Table
    truth: npt.NDArray[np.bool_]  # (n,) which rows are poison
    guilty: str | None  # the source that most of it comes from


@dataclass(frozen=True)
class Outcome:
    """What a scan made of an exercise, measured against the truth."""

    found: str  # one line for people
    flagged: int
    right: int  # flagged rows that are poison
    poison: int
    sources: tuple[str, ...]  # called guilty

    @property
    def measured(self) -> str:
        """Precision and recall, or for untouched data the number of false alarms."""
        if not self.poison:
            return f"{self.flagged} false alarms"
        precision = f"{self.right / self.flagged:.0%}" if self.flagged else "none flagged"
        return (
            f"precision {precision} ({self.right} of {self.flagged} flagged rows are poison), "
            f"recall {self.right / self.poison:.0%} ({self.right} of {self.poison} found)"
        )


def run(
    out: Path,
    seed: int = 0,
    progress: Progress | None = None,
    tell: Callable[[str], None] = print,
) -> list[Report]:
    """Plant, scan, compare; then write data, reports and ``index.html`` into `out`.

    Parameters
    ----------
    out
        A folder, made if need be; nothing is written before all scans are done.
    seed
        Same seed, same poison, same result.
    progress
        Called with a stage and the share done, 0 to 1.
    tell
        Is handed the lines for people.

    Returns
    -------
    list of Report
        Digits poisoned and untouched, biopsies poisoned and untouched.

    Raises
    ------
    OutputError
        `out` is not a folder that can be written to.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"cannot write into {out}: it is a file; name another folder")
    todo = exercises(seed)
    done: list[tuple[Exercise, Report, Outcome]] = []
    for at, exercise in enumerate(todo):
        tell(f"{exercise.name}: {exercise.about}\n  planted:  {exercise.planted}")
        watch = None if progress is None else _part(progress, exercise.name, at, len(todo))
        report = scan(exercise.rows, seed=seed, progress=watch)
        report = replace(report, name=str(out / f"{exercise.name}.parquet"))
        outcome = grade(exercise, report)
        tell(f"  found:    {outcome.found}\n  measured: {outcome.measured}\n")
        done.append((exercise, report, outcome))
    write_together(out, {f"{e.name}.parquet": _parquet(e.rows) for e in todo})
    for exercise, report, _ in done:
        report.save(out / exercise.name)
    write_together(out, {"index.html": _index(done, seed).encode()})
    tell(f"Open {out / 'index.html'}: it links the four reports.")
    tell(f"Scan one yourself: foretaste scan {out / todo[0].name}.parquet")
    return [report for _, report, _ in done]


def exercises(seed: int = 0) -> tuple[Exercise, ...]:
    """The four data sets: digits poisoned and untouched, biopsies poisoned and untouched.

    Examples
    --------
    >>> [(e.name, len(e.rows), int(e.truth.sum())) for e in exercises()]  # doctest: +ELLIPSIS
    [('digits-poisoned', 1797, 36), ('digits', 1797, 0), ('biopsies-poisoned', 569, 46), ...]
    """
    digits_rng, biopsies_rng = np.random.default_rng(seed).spawn(2)
    return (*_digits(digits_rng), *_biopsies(biopsies_rng))


def grade(exercise: Exercise, report: Report) -> Outcome:
    """Compare a report with the truth."""
    flagged = report.findings.flagged
    sources = tuple(s.name for s in report.sources if s.guilty)
    parts = [
        f"{len(g.rows)} rows, {g.verdict} {g.kind}" + f": {g.described}" * (g.described is not None)
        for g in report.groups
    ]
    if sources:
        parts.append(f"guilty: {', '.join(sources)}")
    return Outcome(
        found="; ".join(parts) or f"nothing (verdict: {report.verdict})",
        flagged=int(flagged.sum()),
        right=int((flagged & exercise.truth).sum()),
        poison=int(exercise.truth.sum()),
        sources=sources,
    )


# --- the data -------------------------------------------------------------------------------


def _digits(rng: np.random.Generator) -> tuple[Exercise, Exercise]:
    loaded = load_digits()
    grey = (loaded.images * (255 / 16)).round().astype(np.uint8)  # 16 grey levels as they come
    vendors = tuple(f"vendor {i}" for i in range(1, VENDORS + 1))
    sources = rng.integers(VENDORS, size=len(grey))
    classes = tuple(str(c) for c in loaded.target_names)
    clean = Sample(Images(grey[..., None]), loaded.target, classes, sources, vendors)
    guilty = int(rng.integers(VENDORS))
    attack = ImagePatch(rate=PATCH_RATE, target=TARGET, size=3, margin=0, source=guilty)
    poisoned = attack.poison(clean, rng)
    about = f"{len(clean):,} handwritten digits from {VENDORS} vendors"
    planted = (
        f"{int(poisoned.truth.sum())} pictures of {vendors[guilty]} get a {poisoned.trigger} "
        f"(the first is 0), and the label {TARGET}"
    )
    return _pair("digits", about, planted, clean, poisoned, vendors[guilty])


def _biopsies(rng: np.random.Generator) -> tuple[Exercise, Exercise]:
    loaded = load_breast_cancer()
    table = Table(tuple(str(name) for name in loaded.feature_names), loaded.data)
    readers = tuple(f"pathologist {i}" for i in range(1, PATHOLOGISTS + 1))
    sources = rng.integers(PATHOLOGISTS, size=len(table))
    classes = tuple(str(c) for c in loaded.target_names)
    clean = Sample(table, loaded.target, classes, sources, readers)
    guilty = int(rng.integers(PATHOLOGISTS))
    others = np.flatnonzero(sources != guilty)
    some = LabelFlipRandom(FLIPS_OF_OTHERS * len(clean) / len(others)).poison(
        clean.take(others), rng
    )
    labels = clean.labels.copy()
    labels[others] = some.sample.labels
    attack = LabelAnnotator(FLIPS_OF_ONE, source=guilty)
    poisoned = attack.poison(replace(clean, labels=labels), rng)
    truth = poisoned.sample.labels != clean.labels
    mine = int((truth & (sources == guilty)).sum())
    about = f"{len(clean):,} biopsies, 30 measurements each, read by {PATHOLOGISTS} pathologists"
    planted = (
        f"{int(truth.sum())} labels flipped ({truth.mean():.0%}), {mine} of them "
        f"by {readers[guilty]}"
    )
    return _pair("biopsies", about, planted, clean, replace(poisoned, truth=truth), readers[guilty])


def _pair(
    name: str, about: str, planted: str, clean: Sample, poisoned: Poisoned, guilty: str
) -> tuple[Exercise, Exercise]:
    untouched = np.zeros(len(clean), dtype=np.bool_)
    return (
        Exercise(
            f"{name}-poisoned", about, planted, _rows(poisoned.sample), poisoned.truth, guilty
        ),
        Exercise(name, about, "nothing, the same rows untouched", _rows(clean), untouched, None),
    )


def _rows(sample: Sample) -> pa.Table:
    """The sample as a file has it: an id, who gave the row, the content, the label."""
    columns: dict[str, object] = {"id": np.arange(len(sample))}
    if isinstance(sample.content, Table):
        source = "annotator"
        columns |= dict(zip(sample.content.names, sample.content.values.T, strict=True))
    else:
        source = "vendor"
        columns["image"] = [_png(picture) for picture in sample.content.values]
    if sample.sources is not None:
        columns[source] = [sample.source_names[s] for s in sample.sources]
    columns["label"] = [sample.classes[c] for c in sample.labels]
    return pa.table(columns)


def _png(picture: npt.NDArray[np.uint8]) -> bytes:
    sink = io.BytesIO()
    Image.fromarray(picture[..., 0]).save(sink, format="PNG")
    return sink.getvalue()


def _parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    return sink.getvalue()


# --- for people -----------------------------------------------------------------------------


def _part(progress: Progress, name: str, at: int, of: int) -> Progress:
    """Progress of one scan as a part of all."""
    return lambda stage, done: progress(f"{name}, {stage}", (at + done) / of)


def _index(done: list[tuple[Exercise, Report, Outcome]], seed: int) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_PAGE).render(done=done, seed=seed)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>foretaste: the demonstration</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
article { border: 1px solid #8886; border-left-width: .4rem; border-radius: .4rem;
  margin: 1rem 0; padding: .5rem 1rem; }
article.confirmed { border-left-color: #c33; }
article.suspect { border-left-color: #c80; }
article.clean { border-left-color: #393; }
h2 { font-size: 1.1rem; margin: .3rem 0; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .2rem 1rem; margin: .5rem 0; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>What was planted, and what was found</h1>
<p>Two data sets that come with scikit-learn, each poisoned and untouched; seed {{ seed }}.
The scan was told neither that anything was planted, nor how much, nor by whom.</p>
{% for exercise, report, outcome in done %}
<article class="{{ report.verdict.value.split()[0] }}">
<h2>{{ exercise.name }}: {{ report.verdict.value }}</h2>
<dl>
<dt>data</dt><dd>{{ exercise.about }}</dd>
<dt>planted</dt><dd>{{ exercise.planted }}</dd>
<dt>found</dt><dd>{{ outcome.found }}</dd>
<dt>measured</dt><dd>{{ outcome.measured }}</dd>
</dl>
<p><a href="{{ exercise.name }}/report.html">The report</a> ·
<a href="{{ exercise.name }}.parquet">the rows</a></p>
</article>
{% endfor %}
</body>
</html>
"""
