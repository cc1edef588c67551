"""Copies of a log on a server that speaks S3, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.provenance.signed_data import NOW, new_key, trusted
from tests.provenance.test_log import entry, forge

from foretaste.errors import InvalidProvenanceError
from foretaste.provenance import Trust, append, check_log, copy_log, make_log, open_log


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket; the environment leads to the server."""
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto.server", reason="pip install 'moto[s3,server]'")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    told = {
        "ENDPOINT_URL": f"http://{host}:{port}",
        "REGION": "us-east-1",
        "DEFAULT_REGION": "us-east-1",
        "ACCESS_KEY_ID": "test",
        "SECRET_ACCESS_KEY": "test",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    boto3.client("s3").create_bucket(Bucket="copies")
    yield "s3://copies/train"
    server.stop()


def test_a_copy_in_a_bucket_remembers(tmp_path: Path, bucket: str) -> None:
    key = new_key()
    trust = Trust((trusted(key),))
    make_log(tmp_path, "example.org/data", key)
    log = append(tmp_path, [entry(n) for n in range(5)], key, trust)
    old = (tmp_path / "checkpoint").read_bytes()
    assert copy_log(log, bucket)
    log = append(tmp_path, [entry(5)], key, trust)
    assert copy_log(log, bucket)
    assert not copy_log(log, bucket)
    assert check_log(log, trust, [bucket], at=NOW) == ()
    (change,) = check_log(forge(log, key, 2), trust, [bucket], at=NOW)
    assert change.sentence.startswith("entry 2 of the log was rewritten: the copy in s3://copies")
    (tmp_path / "checkpoint").write_bytes(old)
    with pytest.raises(InvalidProvenanceError, match="does not go on from its copy of 6"):
        copy_log(open_log(tmp_path), bucket)
