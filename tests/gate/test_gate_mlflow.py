"""MLflow, with a real tracking server on loopback where one is installed."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import foretaste
from foretaste.errors import BlockedError, MissingExtraError, UsageError
from foretaste.gate.mlflow_runs import log_vetted, promote

HAS_MLFLOW = importlib.util.find_spec("mlflow") is not None
needs_mlflow = pytest.mark.skipif(not HAS_MLFLOW, reason="needs mlflow: pip install mlflow")


@pytest.mark.skipif(HAS_MLFLOW, reason="MLflow is installed")
def test_a_missing_extra_is_told(open_gate: Path) -> None:
    with (
        foretaste.guard("train", config=open_gate) as vetted,
        pytest.raises(MissingExtraError, match=r"foretaste\[mlflow\]"),
    ):
        log_vetted(vetted)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tracking server with a model registry."""
    if importlib.util.find_spec("mlflow.server") is None or not importlib.util.find_spec("huey"):
        pytest.skip("mlflow-skinny has no server: pip install mlflow")
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = f"sqlite:///{folder}/mlflow.db"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--backend-store-uri", store, "--workers", "1"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{address}/health")
            yield address
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # its workers are processes of their own


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the MLflow server did not start within two minutes")


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_only_vetted_models_are_promoted(server: str, open_gate: Path) -> None:
    import mlflow  # noqa: PLC0415 - an extra

    mlflow.set_tracking_uri(server)
    client = mlflow.MlflowClient(server)
    client.create_registered_model("spam")
    with mlflow.start_run() as run, foretaste.guard("train", config=open_gate) as vetted:
        log_vetted(vetted)
    good = client.create_model_version("spam", f"{run.info.artifact_uri}/model", run.info.run_id)
    with mlflow.start_run() as other:
        mlflow.set_tag("foretaste.run", vetted.record.run)
    bad = client.create_model_version("spam", f"{other.info.artifact_uri}/model", other.info.run_id)

    logged = client.get_run(run.info.run_id)
    (data,) = logged.inputs.dataset_inputs
    assert data.dataset.name == "rows.csv"
    assert logged.data.tags["foretaste.record"].startswith(data.dataset.digest)
    with pytest.raises(BlockedError, match="was not trained on what the gate"):
        promote("spam", bad.version, config=open_gate, client=client)
    promote("spam", good.version, config=open_gate, client=client)
    assert client.get_model_version_by_alias("spam", "production").version == good.version


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_a_closed_gate_promotes_nothing(
    server: str, closed_gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    with pytest.raises(BlockedError, match="promote: the gate"):
        promote("spam", 1, config=closed_gate)


@needs_mlflow
@pytest.mark.filterwarnings("ignore")
def test_a_run_must_be_active(open_gate: Path) -> None:
    with (
        foretaste.guard("train", config=open_gate) as vetted,
        pytest.raises(UsageError, match="no run is active"),
    ):
        log_vetted(vetted)
