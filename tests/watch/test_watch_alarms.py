"""Batches are counted once, evidence becomes alarms, and silence takes two people."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from foretaste.cli.main import run
from foretaste.errors import UsageError
from foretaste.gate.watch_section import WatchSection
from foretaste.watch.alarms import State
from foretaste.watch.evidence import Level
from foretaste.watch.journal import Journal, open_journal
from foretaste.watch.metrics import dashboard, metrics
from foretaste.watch.page import watch_page
from foretaste.watch.watching import Watch

STATED = WatchSection(error_rate=0.1, slices=("region",), owner="ada", reference_rows=200)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watch]:
    """A watch that knows nothing yet."""
    journal = open_journal(STATED, tmp_path)
    yield Watch(STATED, journal)
    journal.close()


def batch(folder: Path, name: str, wrong: float, *, rows: int = 200, seed: int = 0) -> Path:
    """Labelled predictions; a share of those of the north is wrong."""
    rng = np.random.default_rng(seed)
    file = folder / f"{name}.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["prediction", "label", "region", "model"])
        for at in range(rows):
            region = ("north", "south")[at % 2]
            label = ("ham", "spam")[int(rng.random() < 0.3)]
            share = wrong if region == "north" else 0.03
            said = label if rng.random() >= share else {"ham": "spam", "spam": "ham"}[label]
            writer.writerow([said, label, region, "v1"])
    return file


def write(file: Path, columns: str, *rows: str) -> Path:
    file.write_text("\n".join([columns, *rows]) + "\n")
    return file


def test_honest_batches_raise_nothing(watching: Watch, tmp_path: Path) -> None:
    for day in range(20):
        assert watching.take(batch(tmp_path, f"day{day}", 0.05, seed=day)).news == ()
    assert watching.level is Level.NONE
    assert watching.journal.totals()[:2] == (20, 4000)


def test_errors_on_one_slice_are_told_with_the_slice_and_confirmed_later(
    watching: Watch, tmp_path: Path
) -> None:
    watching.take(batch(tmp_path, "calm", 0.05))
    news = watching.take(batch(tmp_path, "bad", 0.5, seed=1)).news
    found = {alarm.part: alarm for alarm in news}
    north = found["region = north"]
    assert north.level is Level.BLOCK
    assert (north.owner, north.batch, north.model) == ("ada", "bad.csv", "v1")
    assert "e-value" in north.sentence
    assert "region = south" not in found
    watching.take(batch(tmp_path, "worse", 0.5, seed=2))
    assert watching.level is Level.ROLLBACK
    assert any("roll back" in alarm.sentence for alarm in watching.journal.alarms())


def test_a_batch_counts_once_whatever_its_name(watching: Watch, tmp_path: Path) -> None:
    first = batch(tmp_path, "one", 0.05)
    watching.take(first)
    (tmp_path / "two.csv").write_bytes(first.read_bytes())
    assert watching.take(tmp_path / "two.csv").known
    assert watching.journal.totals()[:2] == (1, 200)


def test_a_probe_counts_once_a_model(watching: Watch, tmp_path: Path) -> None:
    """An unchanged model that is asked a hundred times has said one thing."""
    columns, flipped = "prediction,before,id,model", [f"spam,ham,p{at},v1" for at in range(3)]
    for day in range(100):
        told = [*flipped, f"ham,ham,other{day},v1"]
        watching.take(write(tmp_path / f"probes{day}.csv", columns, *told))
    (key,) = [key for key in watching.journal.tracked() if key[1] == "flips"]
    process = watching.journal.tracked()[key].process
    assert (process.hits, process.trials) == (3, 103)
    fresh = [row.replace("v1", "v2") for row in flipped]
    watching.take(write(tmp_path / "new.csv", columns, *fresh))
    assert watching.journal.tracked()["v2", "flips", "all rows"].process.hits == 3


def test_a_bad_canary_that_passed_blocks_at_once(watching: Watch, tmp_path: Path) -> None:
    held = write(tmp_path / "a.csv", "prediction,canary,held", "x,bad,true", "x,clean,false")
    assert watching.take(held).news == ()
    (alarm,) = watching.take(
        write(tmp_path / "b.csv", "prediction,canary,held", "x,bad,false")
    ).news
    assert alarm.level is Level.BLOCK
    assert "bad canaries were not held" in alarm.sentence


def test_a_trigger_that_works_blocks(watching: Watch, tmp_path: Path) -> None:
    rows = [f"spam,cf,spam,r{at}" for at in range(12)]
    (alarm,) = watching.take(
        write(tmp_path / "stamped.csv", "prediction,trigger,target,id", *rows)
    ).news
    assert (alarm.level, alarm.part) == (Level.BLOCK, "cf")


def test_another_mix_of_classes_is_information_and_holds_nothing(
    watching: Watch, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    for at, share in enumerate((0.3, 0.3, 0.7)):
        said = np.where(rng.random(400) < share, "spam", "ham").tolist()
        watching.take(write(tmp_path / f"mix{at}.csv", "prediction", *said))
    assert watching.level is Level.INFO
    assert not any(alarm.counts for alarm in watching.journal.alarms())


@pytest.fixture
def alarmed(watching: Watch, tmp_path: Path) -> Watch:
    """With one alarm."""
    watching.take(write(tmp_path / "c.csv", "prediction,canary,held", "x,bad,false"))
    return watching


def test_silencing_takes_two_people_and_ends_with_the_alarm(alarmed: Watch) -> None:
    with pytest.raises(UsageError, match="reason"):
        alarmed.silence(1, "ada", "no")
    assert alarmed.silence(1, "ada", "known, the vendor was told").state is State.OPEN
    with pytest.raises(UsageError, match="second person"):
        alarmed.silence(1, " ADA ", "known, the vendor was told")
    silent = alarmed.silence(1, "grace", "agreed, a fix is under way")
    assert silent.state is State.SILENCED
    assert not silent.counts
    (again,) = alarmed.look_again(datetime.now(UTC) + timedelta(days=8))
    assert (again.state, again.silences) == (State.OPEN, ())
    assert alarmed.level is Level.BLOCK
    with pytest.raises(UsageError, match="no alarm 7"):
        alarmed.silence(7, "ada", "there is no such alarm")


def test_closing_takes_two_people_and_starts_anew(alarmed: Watch, tmp_path: Path) -> None:
    assert alarmed.silence(1, "linus", "a repair is under way").state is State.OPEN
    assert alarmed.close(1, "ada", "the gate was repaired").state is State.OPEN
    assert alarmed.close(1, "grace", "seen and tested again").state is State.CLOSED
    assert alarmed.level is Level.NONE
    held = write(tmp_path / "d.csv", "prediction,canary,held", "x,bad,true")
    assert alarmed.take(held).news == ()
    assert alarmed.journal.alarms(closed=True)[0].silences[-1].who == "grace"


def test_a_laxer_rate_in_the_settings_does_not_forget(watching: Watch, tmp_path: Path) -> None:
    watching.take(batch(tmp_path, "bad", 0.5, seed=1))
    laxer = Watch(WatchSection(error_rate=0.2, slices=("region",)), watching.journal)
    laxer.take(batch(tmp_path, "more", 0.5, seed=2))
    process = watching.journal.tracked()["v1", "errors", "region = north"].process
    assert (process.rate, process.trials) == (0.2, 200)


def test_files_that_are_no_batch_are_refused_and_the_rest_goes_on(
    watching: Watch, tmp_path: Path
) -> None:
    assert (
        "needs a column 'prediction'"
        in watching.take(write(tmp_path / "x.csv", "a,b", "1,2")).refused
    )
    bad = write(tmp_path / "y.csv", "prediction,before,id", "a,b,p1", "a,b,")
    assert "row 1 is a probe without an id" in watching.take(bad).refused
    assert watching.journal.totals()[:3] == (0, 0, 2)
    assert not watching.journal.tracked()  # nothing of the second file was counted
    assert watching.take(batch(tmp_path, "good", 0.05)).rows == 200


def test_page_and_metrics_escape_what_batches_say(watching: Watch, tmp_path: Path) -> None:
    rows = [f'"spam","<script>alert(1)</script>","spam","r{at}"' for at in range(12)]
    watching.take(write(tmp_path / "evil.csv", "prediction,trigger,target,id", *rows))
    page = watch_page(watching.journal)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    told = metrics(watching.journal)
    assert 'foretaste_watch_alarms{level="block"} 1' in told
    assert "foretaste_watch_rows_total 12" in told
    assert all(line.startswith(("#", "foretaste_watch_")) for line in told.splitlines())
    named = {line.split("{")[0].split(" ")[0] for line in told.splitlines() if line[0] != "#"}
    assert set(re.findall(r"foretaste_watch_\w+", dashboard())) <= named


def test_the_command_leaves_with_what_is_open(tmp_path: Path) -> None:
    config = write(tmp_path / "foretaste.toml", "version = 1", "[data]", 'path = "rows.csv"')
    calm, bad = batch(tmp_path, "calm", 0.05), batch(tmp_path, "bad", 0.9, seed=1)
    told = ["--config", str(config)]
    assert run(["watch", "run", str(calm), *told]) == 0
    assert run(["watch", "run", str(calm), str(bad), *told]) == 1
    assert run(["watch", "status", "--page", str(tmp_path / "watch.html"), *told]) == 1
    assert "Stop" in (tmp_path / "watch.html").read_text()
    for who in ("ada", "grace"):
        reason = ["--by", who, "--reason", "the model was rolled back"]
        for alarm in Journal(tmp_path / ".foretaste" / "watch" / "watch.db").alarms():
            assert run(["watch", "close", str(alarm.id), *reason, *told]) == 0
    assert run(["watch", "status", *told]) == 0
