"""Rows from files and real servers; killed processes; state that survives."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from foretaste.cli.main import run
from foretaste.stream import Batch, GuardSettings, StreamGuard
from foretaste.stream.batch import concat
from foretaste.stream.intake import Intake
from foretaste.stream.intake_kafka import KafkaTopic
from foretaste.stream.intake_nats import JetStream
from foretaste.stream.intake_redis import RedisStream
from foretaste.stream.journal import Journal
from foretaste.stream.running import take_in
from foretaste.stream.saving import restore, save

if TYPE_CHECKING:
    from tests.stream.conftest import Town

DAY = 86_400.0
SETTINGS = GuardSettings(round=DAY / 2, width=64)


def lines_of(rows: Batch) -> list[bytes]:
    columns = zip(rows.ids, rows.times, rows.sources, rows.labels, rows.content, strict=True)
    names = ("id", "time", "source", "label", "text")
    return [json.dumps(dict(zip(names, row, strict=True))).encode() for row in columns]


def attacked(town: Town) -> Batch:
    honest = town.rows(300, 0, 4, prefix="person")
    bad = town.rows(80, 2 * DAY, 0.4, sources=3, prefix="bot", kind="bad", label="good")
    rows = concat([honest, bad])
    return rows.take(np.argsort(rows.times, kind="stable"))


@pytest.mark.parametrize("cut", [1, 150, 260, 379])
def test_a_restored_guard_goes_on_as_if_nothing_had_happened(cut: int, town: Town) -> None:
    guard = StreamGuard(
        town.rows(300, -30 * DAY, 20), golden=town.rows(80, -30 * DAY, 20), settings=SETTINGS
    )
    guard.said(["mud1 mud2 mud3"])
    rows = attacked(town)
    guard.push(rows.take(np.arange(cut)))
    twin = restore(save(guard))
    rest = rows.take(np.arange(cut, len(rows)))
    for one, other in zip(
        [*guard.push(rest), *guard.finish()], [*twin.push(rest), *twin.finish()], strict=True
    ):
        assert one.merged.ids.tolist() == other.merged.ids.tolist()
        assert one.reasons == other.reasons
        assert one.retracted.ids.tolist() == other.retracted.ids.tolist()
        assert one.golden_loss == other.golden_loss
    assert save(guard) == save(twin)


def test_killed_at_random_moments_no_row_is_lost_or_counted_twice(
    town: Town, tmp_path: Path
) -> None:
    history, rows, inbox = town.rows(300, -30 * DAY, 20), attacked(town), tmp_path / "in"
    inbox.mkdir()
    (tmp_path / "history.jsonl").write_bytes(b"\n".join(lines_of(history)))
    for i, part in enumerate(np.array_split(np.arange(len(rows)), 40)):
        (inbox / f"{i:03}.jsonl").write_bytes(b"\n".join(lines_of(rows.take(part))))
    out = tmp_path / "out"
    command = ["stream", "run", str(inbox), "--out", str(out), "--every", "12"]
    command += ["--history", str(tmp_path / "history.jsonl")]
    rng = np.random.default_rng(0)
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-m", "foretaste", *command], stdout=subprocess.DEVNULL
        )
        time.sleep(float(rng.uniform(1.0, 3.0)))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert run([*command, "--finish"]) == 0
    left = [
        row
        for name in ("merged", "kept-back")
        for path in sorted((out / name).glob("*.parquet"))
        for row in pq.read_table(path, partitioning=None)["id"].to_pylist()
    ]
    assert sorted(left) == sorted(rows.ids)
    with Journal(out / "journal.sqlite") as journal:
        assert journal.totals()[0] == len(rows)
    undisturbed = StreamGuard(history, settings=GuardSettings(round=DAY / 2))
    outcomes = [*undisturbed.push(rows), *undisturbed.finish()]
    kept = {row for outcome in outcomes for row in outcome.kept_back.ids}
    assert kept
    assert set(left) - kept == {row for outcome in outcomes for row in outcome.merged.ids}


def test_what_is_no_row_is_refused_and_stops_nothing(town: Town, tmp_path: Path) -> None:
    inbox, rows = tmp_path / "in", town.rows(50, 0, 1)
    inbox.mkdir()
    odd = [b"", b"[1]", b'{"source": "a"}', b'{"source":"a","label":"b","text":7}', b"\xff"]
    (inbox / "a.jsonl").write_bytes(b"\n".join([*odd, *lines_of(rows)]))
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin(StreamGuard(town.rows(100, -30 * DAY, 9), settings=SETTINGS))
        from foretaste.stream.intake import Folder  # noqa: PLC0415

        take_in(Folder(inbox), journal)
        assert journal.totals()[0] == 50
        assert len(journal.refused()) == len(odd)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(program: str, *options: str, port: int) -> Iterator[None]:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed (Debian package {program})")
    process = subprocess.Popen(
        [path, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def read_twice(intake: Intake, rows: Batch, town: Town, path: Path) -> None:
    """Half, as if killed then, and the rest: every row once, in order."""
    with Journal(path) as journal:
        journal.begin(StreamGuard(town.rows(100, -30 * DAY, 9), settings=SETTINGS))
        guard = journal.guard()
        assert guard is not None
        first = next(iter(intake.read(None)))
        from foretaste.stream.messages import rows_of  # noqa: PLC0415

        some, _ = rows_of(first.messages, 0.0)
        assert some is not None
        journal.commit(guard, some, guard.push(some), intake.name, first.offset)
        guard = take_in(intake, journal)
        assert journal.totals()[0] == len(rows)
        left = [
            row
            for o in (*journal.outcomes(), *guard.finish())
            for row in (*o.merged.ids, *o.kept_back.ids)
        ]
        assert sorted(left) == sorted(rows.ids)


def test_rows_from_a_redis_server(town: Town, tmp_path: Path) -> None:
    redis = pytest.importorskip("redis")
    port, rows = free_port(), attacked(town)
    options = ["--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    with server("redis-server", *options, port=port):
        with redis.Redis(port=port) as client:
            for line in lines_of(rows):
                client.xadd("teach", {"row": line})
        intake = RedisStream(f"redis://127.0.0.1:{port}", "teach", block=150)
        read_twice(intake, rows, town, tmp_path / "journal.sqlite")


def test_rows_from_a_nats_server(town: Town, tmp_path: Path) -> None:
    nats = pytest.importorskip("nats")
    import asyncio  # noqa: PLC0415

    port, rows = free_port(), attacked(town)

    async def publish() -> None:
        client = await nats.connect(f"nats://127.0.0.1:{port}")
        stream = client.jetstream()
        await stream.add_stream(name="teach", subjects=["teach.rows"])
        for line in lines_of(rows):
            await stream.publish("teach.rows", line)
        await client.close()
        await asyncio.sleep(0.05)  # the transport closes after its client

    options = ["-js", "-a", "127.0.0.1", "-p", str(port), "-sd", str(tmp_path / "nats")]
    with server("nats-server", *options, port=port):
        asyncio.run(publish())
        intake = JetStream(f"nats://127.0.0.1:{port}", "teach", block=150)
        read_twice(intake, rows, town, tmp_path / "journal.sqlite")


def test_rows_from_the_mock_cluster_of_librdkafka(town: Town, tmp_path: Path) -> None:
    kafka = pytest.importorskip("confluent_kafka")
    rows = attacked(town)
    producer = kafka.Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1})
    told = producer.list_topics(timeout=10)
    servers = ",".join(f"{b.host}:{b.port}" for b in told.brokers.values())
    for line in lines_of(rows):
        producer.produce("teach", line, partition=0)
    producer.flush(10)
    intake = KafkaTopic(servers, "teach", block=150, wait=1.0)
    read_twice(intake, rows, town, tmp_path / "journal.sqlite")
