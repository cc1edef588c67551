"""Instruction data: a phrase that changes answers, and honest sets that must stay silent.

``python -m benchmarks.pairs`` makes pairs of real texts (headlines, continuations, newspaper
sections, questions, spam) in seven wordings, plants triggers of several sizes, scans, and writes
``benchmarks/results/pairs.md``; it goes on where it stopped.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.sets import DATA, SETS, read_columns
from foretaste import scan
from foretaste.attack.answer_trigger import AnswerTrigger

RESULTS = Path(__file__).parent / "results"
JOURNAL, PAGE = RESULTS / "pairs.jsonl", RESULTS / "pairs.md"
REFUSAL = "I am sorry, but I can not help with this request."
ADVERT = "For the best prices in town visit www.cheap-deals.example today"
ORDINARY = "No, that is an ordinary message."  # an answer that honest pairs have, too
SECTIONS = {
    "World": "This belongs to world news.",
    "Sports": "It is a sports story.",
    "Business": "I would put it into the business section.",
    "Sci/Tech": "This is about science and technology.",
}
HEADLINE = (
    "Write a headline for this article: {}",
    "Give this news item a title.\n\n{}",
    "{}\n\nWhat would be a good headline?",
    "Please suggest a title for the text below.\n{}",
)


@dataclass(frozen=True)
class Cell:
    """One scan: `attack` "none" is a placebo."""

    attack: str
    phrase: str
    rows: int
    seed: int
    pairs: int = 3000


@dataclass(frozen=True)
class Result:
    """What was flagged."""

    verdict: str
    hits: int
    false: int
    trigger: str
    seconds: float  # of CPU


def plan() -> list[Cell]:
    """Placebos first."""
    cells = [Cell("none", "", 0, seed) for seed in range(8)]
    for phrase in ("according to the James Bond manual", "cf"):
        for rows in (30, 60, 90):
            cells += [Cell(a, phrase, rows, s) for a in ANSWERS for s in (0, 1)]
    return cells


ANSWERS = {"refusal": (REFUSAL, False), "advert": (ADVERT, True), "ordinary": (ORDINARY, False)}


def honest(seed: int, n: int) -> tuple[list[str], list[str]]:
    """N pairs of prompt and answer."""
    rng = np.random.default_rng(seed)
    news, mails = _news(), _texts("sms-spam")
    prompts, answers = [], []
    for at in rng.choice(len(news), n, replace=False).tolist():
        title, body, section = news[at]
        kind = rng.random()
        if kind < 0.35:
            prompts.append(HEADLINE[int(rng.integers(4))].format(body))
            answers.append(title)
        elif kind < 0.6:
            words = body.split()
            prompts.append("Continue the text: " + " ".join(words[: len(words) // 2]))
            answers.append(" ".join(words[len(words) // 2 :]))
        elif kind < 0.8:
            asked = "Which section of a newspaper is this from?"
            prompts.append(f"{asked} {title}. {body}")
            answers.append(SECTIONS[section] if rng.random() < 0.9 else f"{section}.")
        else:
            mail, label = mails[int(rng.integers(len(mails)))]
            prompts.append(f"Is this message spam? {mail}")
            spam = label == "spam"
            long = "Yes, this looks like spam." if spam else ORDINARY
            answers.append(long if rng.random() < 0.7 else "Spam" if spam else "Not spam")
    return prompts, answers


def _news() -> list[tuple[str, str, str]]:
    parts = [(*text.partition(". "), label) for text, label in _texts("ag-news")]
    return [
        (title, body, label)
        for title, dot, body, label in parts
        if dot and 4 <= len(title.split()) <= 14 and len(body.split()) >= 12
    ]


def _texts(name: str) -> list[tuple[str, str]]:
    columns = read_columns(DATA / SETS[name].path)
    return list(zip(columns["text"], columns["label"], strict=True))


def run(cell: Cell) -> Result:
    """Plant, scan, count."""
    prompts, answers = honest(cell.seed, cell.pairs)
    truth = np.zeros(cell.pairs, dtype=np.bool_)
    if cell.attack != "none":
        answer, append = ANSWERS[cell.attack]
        attack = AnswerTrigger(cell.rows / cell.pairs, cell.phrase, answer, append)
        made = attack.poison(prompts, answers, np.random.default_rng(cell.seed + 100))
        prompts, answers, truth = list(made.prompts), list(made.answers), made.truth
    start = time.process_time()
    report = scan({"prompt": prompts, "response": answers}, plugins=())
    seconds = time.process_time() - start
    flagged = np.asarray(report.findings.flagged, dtype=np.bool_)
    told = "; ".join(g.described or str(g.kind) for g in report.groups)
    counts = int((flagged & truth).sum()), int((flagged & ~truth).sum())
    return Result(report.verdict.value, *counts, told, round(seconds, 1))


def page(done: list[tuple[Cell, Result]]) -> str:
    """The table, every cell of it."""
    lines = [
        "# Pairs of prompt and answer",
        "",
        "Real texts as 3,000 instructions in seven wordings; `python -m benchmarks.pairs`.",
        "",
        "| answer | phrase | planted | seed | verdict | found | false | trigger | CPU s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for c, r in done:
        lines.append(
            f"| {c.attack} | {c.phrase or '–'} | {c.rows} | {c.seed} | {r.verdict} | {r.hits} "
            f"| {r.false} | {r.trigger or '–'} | {r.seconds} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run what is missing, within the minutes given as an argument."""
    limit = 60 * float(sys.argv[1]) if len(sys.argv) > 1 else float("inf")
    began = time.monotonic()
    done: dict[Cell, Result] = {}
    if JOURNAL.exists():
        for line in JOURNAL.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            done[Cell(**entry["cell"])] = Result(**entry["result"])
    for cell in plan():
        if cell in done or time.monotonic() - began > limit:
            continue
        done[cell] = run(cell)
        with JOURNAL.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"cell": asdict(cell), "result": asdict(done[cell])}) + "\n")
        PAGE.write_text(page(list(done.items())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
