"""MLflow: an alias moves to a model version only where the newest model gate let it pass."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foretaste.errors import BlockedError, InvalidProvenanceError, MissingExtraError, UsageError
from foretaste.gate.decision import Outcome
from foretaste.gate.golden_check import settings_pool
from foretaste.gate.model_record import ModelRecord, read_model_record
from foretaste.gate.run_folder import BUNDLE, LATEST
from foretaste.gate.settings import NAME, Settings, load_settings
from foretaste.provenance import load_trust

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["promote_model", "require_model_gate"]

_CLOCKS = timedelta(minutes=5)  # may differ by this


def require_model_gate(config: str | os.PathLike[str] = NAME) -> ModelRecord:
    """The newest model gate, if it let its challenger pass and still speaks of what is there now.

    Raises
    ------
    BlockedError
        It did not.
    InvalidProvenanceError
        There is none, its signature does not count, it is older than ``[gate] max_age_days``, or
        settings or golden set have changed since.
    """
    settings = load_settings(Path(config))
    bundle = settings.path(settings.model.out) / LATEST / BUNDLE
    if not bundle.exists():
        raise InvalidProvenanceError(
            f"promote: no model gate has decided ({bundle} is not there); run foretaste gate model"
        )
    record = read_model_record(bundle, load_trust(settings.path(settings.gate.trust)))
    if record.outcome is not Outcome.PASS:
        raise BlockedError(
            f"promote: the model gate {record.run} of {record.challenger.name} says "
            f"{record.outcome}: {record.sentence}"
        )
    _refuse_other_times(record, settings)
    if record.golden != settings_pool(settings).manifest.digest:
        raise InvalidProvenanceError(
            f"promote: the model gate {record.run} used another golden set than the one that is "
            "there now; run foretaste gate model"
        )
    return record


def _refuse_other_times(record: ModelRecord, settings: Settings) -> None:
    age = datetime.now(UTC) - datetime.fromisoformat(record.made)
    if not -_CLOCKS <= age <= timedelta(days=settings.gate.max_age_days):
        raise InvalidProvenanceError(
            f"promote: the model gate {record.run} was {record.made}, and counts for "
            f"{settings.gate.max_age_days:g} days; run foretaste gate model"
        )
    if record.settings != settings.model_digest:
        raise InvalidProvenanceError(
            f"promote: the model gate {record.run} decided by other settings than foretaste.toml "
            "has now; run foretaste gate model"
        )


def promote_model(
    model: str,
    version: str | int,
    *,
    alias: str = "production",
    config: str | os.PathLike[str] = NAME,
    client: MlflowClient | None = None,
) -> ModelRecord:
    """Move an alias to a version whose files hold the very model that the newest gate let pass.

    Parameters
    ----------
    model, version
        A version in MLflow's registry, logged with the file of the model among its artifacts.
    alias
        What serving looks up.
    config
        foretaste.toml.
    client
        Of the registry; the one of the environment by default.

    Raises
    ------
    BlockedError
        No file of the version is the one that passed; the alias stays where it is.
    foretaste.errors.ForetasteError
        What `require_model_gate` raises.
    """
    record = require_model_gate(config)
    if not record.challenger.has_file:
        raise UsageError(
            f"promote: {record.challenger.name} was asked as a service and has no file that a "
            "registry could hold; gate the file"
        )
    mlflow = _mlflow()
    registry = client or mlflow.MlflowClient()
    digests = _digests(mlflow, registry, model, str(version))
    if record.challenger.digest not in digests:
        raise BlockedError(
            f"promote: no file of version {version} of {model!r} is the model that the gate "
            f"{record.run} let pass (SHA-256 {record.challenger.digest[:16]}...); log that file"
        )
    registry.set_registered_model_alias(model, alias, str(version))
    registry.set_model_version_tag(model, str(version), "foretaste.model-gate", record.run)
    return record


def _digests(mlflow: Any, registry: Any, model: str, version: str) -> frozenset[str]:
    """SHA-256 of every file of a version."""
    source = registry.get_model_version_download_uri(model, version)
    with tempfile.TemporaryDirectory(prefix="foretaste-") as folder:
        held = Path(mlflow.artifacts.download_artifacts(artifact_uri=source, dst_path=folder))
        files = [held] if held.is_file() else [file for file in held.rglob("*") if file.is_file()]
        return frozenset(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def _mlflow() -> Any:
    try:
        import mlflow  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("MLflow's registry", "mlflow") from error
    return mlflow
