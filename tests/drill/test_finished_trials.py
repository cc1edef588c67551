"""What a journal keeps, and what it makes of files that were damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.attack.label_flip_random import LabelFlipRandom
from foretaste.drill.journal import Journal, setting_of
from foretaste.drill.plan import Task
from foretaste.errors import OutputError, UnreadableDataError
from foretaste.report.trials import Harm, Trial

HARM = Harm(0.1, 0.9, None, 0.9, 0.8, 0.85, works=True, ended=False, tested=40)


def trial_of(task: Task) -> Trial:
    trigger, guilty = "odd \u2028 \ud7ff text", ("<b>",)
    name, family = task.kind.name, task.kind.family
    return Trial(
        name, family, task.rows, task.seed, trigger=trigger, planted=9, guilty=guilty, harm=HARM
    )


TASKS = [Task(LabelFlipRandom, rows, seed) for rows in (5, 10) for seed in (0, 1)]


def written(file: Path, tasks: list[Task], setting: str = "here") -> Path:
    journal = Journal(file, setting)
    for task in tasks:
        journal.keep(task, trial_of(task))
    return file


def test_what_is_kept_is_found_by_the_next_run(tmp_path: Path) -> None:
    file = written(tmp_path / "new" / "folder" / "trials.jsonl", TASKS[:3])
    again = Journal(file, "here")
    assert [again.find(task) for task in TASKS] == [*map(trial_of, TASKS[:3]), None]


def test_trials_of_another_setting_stay_and_are_not_used(tmp_path: Path) -> None:
    file = written(tmp_path / "trials.jsonl", TASKS[:1], "there")
    here = Journal(file, "here")
    assert here.find(TASKS[0]) is None
    here.keep(TASKS[1], trial_of(TASKS[1]))
    assert Journal(file, "there").find(TASKS[0]) == trial_of(TASKS[0])
    assert Journal(file, "there").find(TASKS[1]) is None


def test_without_a_file_trials_are_held_in_memory(tmp_path: Path) -> None:
    journal = Journal(None, "here")
    journal.keep(TASKS[0], trial_of(TASKS[0]))
    assert journal.find(TASKS[0]) == trial_of(TASKS[0])
    assert list(tmp_path.iterdir()) == []


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_cut_anywhere_whole_lines_survive_and_it_goes_on(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = written(tmp_path_factory.mktemp("cut") / "trials.jsonl", TASKS)
    content = file.read_bytes()
    length = data.draw(st.integers(0, len(content)))
    file.write_bytes(content[:length])
    whole = content[:length].count(b"\n")
    journal = Journal(file, "here")
    assert [journal.find(task) for task in TASKS[:whole]] == [*map(trial_of, TASKS[:whole])]
    assert all(journal.find(task) is None for task in TASKS[whole:])
    for task in TASKS[whole:]:
        journal.keep(task, trial_of(task))
    assert file.read_bytes() == content


@pytest.mark.parametrize("last", [b"\x00\xff\n", b"{}\n", b'{"setting": 1}\n', b"[]\n", b"null"])
def test_a_last_line_that_is_no_trial_is_dropped(tmp_path: Path, last: bytes) -> None:
    file = written(tmp_path / "trials.jsonl", TASKS[:2])
    sound = file.read_bytes()
    file.write_bytes(sound + last)
    journal = Journal(file, "here")
    assert journal.find(TASKS[1]) == trial_of(TASKS[1])
    assert file.read_bytes() == sound


def test_a_damaged_line_further_up_is_named(tmp_path: Path) -> None:
    file = written(tmp_path / "trials.jsonl", TASKS[:3])
    lines = file.read_bytes().splitlines(keepends=True)
    document = json.loads(lines[1])
    document["trial"]["rows"] = "many"
    lines[1] = json.dumps(document).encode() + b"\n"
    file.write_bytes(b"".join(lines))
    with pytest.raises(UnreadableDataError, match=r"line 2: no trial of a drill .*rows"):
        Journal(file, "here")
    assert file.read_bytes() == b"".join(lines)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    journal = Journal(tmp_path / "taken" / "trials.jsonl", "here")
    with pytest.raises(OutputError, match="name another folder with --out"):
        journal.keep(TASKS[0], trial_of(TASKS[0]))


def test_a_setting_is_all_of_its_parts() -> None:
    parts = {"digest": "ab", "limit": 100, "removal": True}
    others = [{**parts, "limit": 101}, {**parts, "removal": False}, {**parts, "digest": "ac"}]
    assert len({setting_of(p) for p in [parts, *others]}) == 4
    assert setting_of(dict(reversed(parts.items()))) == setting_of(parts)
