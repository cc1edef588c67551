"""MLflow: the data a run was trained on, and models that only move when that data passed.

MLflow records what it is told. So tags name the signed record, and promotion looks that record up
and verifies it instead of believing the tags.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from foretaste.errors import BlockedError, MissingExtraError, UsageError
from foretaste.gate.guarding import Passed, Vetted, compare_clean, require_gate
from foretaste.gate.record import GateRecord, record_json
from foretaste.gate.settings import NAME

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["log_vetted", "promote", "tags_of"]

_DIGEST = 36  # characters; MLflow keeps no more of a data set's digest


def tags_of(record: GateRecord) -> dict[str, str]:
    """What a run is tagged with, to find the signed record again."""
    return {
        "foretaste.run": record.run,
        "foretaste.record": hashlib.sha256(record_json(record)).hexdigest(),
        "foretaste.outcome": record.outcome.value,
        "foretaste.data": record.data,
        "foretaste.rows": str(record.kept),
        "foretaste.quarantined": str(record.quarantined),
    }


def log_vetted(vetted: Vetted, context: str = "training") -> None:
    """Log vetted data as an input of the active MLflow run, and tag the run with its gate.

    Parameters
    ----------
    vetted
        What `foretaste.guard` handed over.
    context
        What the data is for; MLflow shows it beside the input.

    Raises
    ------
    MissingExtraError
        mlflow-skinny is not installed.
    UsageError
        There is no active run.
    """
    mlflow = _mlflow()
    if mlflow.active_run() is None:
        raise UsageError("mlflow: no run is active; call log_vetted within mlflow.start_run()")
    from mlflow.data.code_dataset_source import CodeDatasetSource  # noqa: PLC0415 - an extra
    from mlflow.data.meta_dataset import MetaDataset  # noqa: PLC0415

    tags = tags_of(vetted.record)
    source = CodeDatasetSource({"mlflow.source.type": "foretaste", **tags})
    digest = tags["foretaste.record"][:_DIGEST]
    dataset = MetaDataset(source, name=vetted.record.data[-500:], digest=digest)
    mlflow.log_input(dataset, context=context)
    mlflow.set_tags(tags)


def promote(
    model: str,
    version: str | int,
    *,
    alias: str = "production",
    config: str | os.PathLike[str] = NAME,
    client: MlflowClient | None = None,
) -> None:
    """Move an alias to a model version, if the run that made it was trained on data that passed.

    Parameters
    ----------
    model, version
        A version in MLflow's model registry.
    alias
        What serving looks up; MLflow's stages are deprecated.
    config
        foretaste.toml: the newest gate there must be the one that the run names.
    client
        Of the registry; the one of the environment by default.

    Raises
    ------
    BlockedError
        The run names no gate, or another one; the alias stays where it is.
    foretaste.errors.ForetasteError
        The gate is closed, or its signature or files do not hold.
    """
    mlflow = _mlflow()
    passed: Passed = require_gate(config, step="promote")
    compare_clean(passed, "promote")
    registry = client or mlflow.MlflowClient()
    made_by = registry.get_model_version(model, str(version)).run_id
    tags: dict[str, Any] = registry.get_run(made_by).data.tags if made_by else {}
    wanted = tags_of(passed.record)
    for name in ("foretaste.run", "foretaste.record"):
        if tags.get(name) != wanted[name]:
            raise BlockedError(
                f"promote: version {version} of {model!r} was not trained on what the gate "
                f"{passed.record.run} let pass ({name} is {tags.get(name, 'missing')!r:.80}); "
                "train within foretaste.guard and call log_vetted"
            )
    registry.set_registered_model_alias(model, alias, str(version))
    registry.set_model_version_tag(model, str(version), "foretaste.run", passed.record.run)


def _mlflow() -> Any:
    try:
        import mlflow  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("MLflow runs", "mlflow") from error
    return mlflow
