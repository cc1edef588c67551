"""A server whose one group has a hundred thousand flagged rows, and the people who review it."""

from __future__ import annotations

import json

import numpy as np
from sqlalchemy import insert

from foretaste.report.codec import encode
from foretaste.serve.gating import begin_run
from foretaste.serve.people import add_person, give_role
from foretaste.serve.projects import add_dataset, add_project, find_project
from foretaste.serve.server import Server
from foretaste.serve.tables import Finding, Run, RunGroup, Version
from foretaste.serve.tokens import make_personal
from foretaste.serve.uploads import begin, finish, take
from foretaste.types import Exhibit, Field, Group, Kind, Rendering, Verdict

PAGE = "/p/load/rows/runs/1/groups/g1"
WRITE = "/api/v1/projects/load/datasets/rows/runs/1/groups/g1/opinions"


def fill(server: Server, rows: int, people: int) -> list[str]:
    """One run with one group of so many rows; returns a token of each of so many stewards."""
    with server.audit.acting("benchmark") as act:
        project = add_project(act, "load")
        dataset = add_dataset(act, project, "rows", {})
        tokens = []
        for number in range(people):
            person = add_person(act, f"steward {number}")
            give_role(act, person, "steward", project.id)
            tokens.append(make_personal(act, person, "benchmark", 1).secret)
        version = Version(
            dataset_id=dataset.id, number=1, file="rows.csv", size=1, sha256="0" * 64, created="x"
        )
        act.session.add(version)
        act.session.flush()
        run = Run(
            dataset_id=dataset.id, version_id=version.id, number=1, state="done", rows=10 * rows,
            flagged=rows, held=rows, verdict="suspect", outcome="blocked", created="x",
        )  # fmt: skip
        act.session.add(run)
        act.session.flush()
        act.session.add(_group(run.id, rows))
        for start in range(0, rows, 5_000):
            block = range(start, min(start + 5_000, rows))
            act.session.execute(insert(Finding), [_finding(run.id, row) for row in block])
    return tokens


def _finding(run: int, row: int) -> dict[str, object]:
    return {
        "run_id": run, "row": row, "row_id": f"row {row}", "digest": f"{row:064x}",
        "kind": "label flip", "verdict": "suspect", "group": "g1", "source": f"vendor {row % 7}",
        "score": 1.0, "why": "labelled 'cat', looks like 'dog'", "state": "quarantined",
        "release_id": None,
    }  # fmt: skip


def _group(run: int, rows: int) -> RunGroup:
    """A group as large as real ones are: 24 rows shown beside their neighbours."""
    shown = Rendering(fields=tuple(Field(f"column {i}", f"{i}.25") for i in range(12)))
    clean = Exhibit(1, "1", "dog", "vendor 1", shown)
    exhibits = tuple(Exhibit(i, f"{i}", "cat", "vendor 2", shown, clean) for i in range(24))
    group = Group(
        "g1", Kind.LABEL_FLIP, Verdict.SUSPECT, np.arange(3), "labels contradict their rows",
        "ask who labelled them", 1e-9, "cat", exhibits=exhibits,
    )  # fmt: skip
    document = encode(group, frozenset({"trigger"}))
    del document["rows"]
    return RunGroup(
        run_id=run, name="g1", place=0, kind="label flip", verdict="suspect", size=rows,
        why=group.why, document=json.dumps(document).encode(),
    )  # fmt: skip


def queue_real_run(server: Server, rows: int = 20_000) -> None:
    """A data set that the gate has to look at, so that a worker can be killed in the middle."""
    content = _table(rows)
    with server.audit.acting("benchmark") as act:
        project = find_project(act.session, "load")
        assert project is not None
        dataset = add_dataset(act, project, "real", {"label": "label"})
        upload = begin(act, dataset, "rows.csv", len(content), by_person=1)
        act.session.flush()
        take(act.session, server.home, upload, 0, content)
        act.session.refresh(upload)
        begin_run(act, dataset, finish(act, server.home, dataset, upload))


def _table(rows: int) -> bytes:
    rng = np.random.default_rng(1)
    label = rng.integers(0, 2, rows)
    numbers = rng.normal(size=(rows, 4)) + label[:, None]
    lines = ["a,b,c,d,label"]
    lines += [
        ",".join(f"{x:.3f}" for x in row) + f",{y}" for row, y in zip(numbers, label, strict=True)
    ]
    return ("\n".join(lines) + "\n").encode()
