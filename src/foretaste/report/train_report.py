"""What training with a promise leaves behind: a model, its certificate, a page."""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import Any

from foretaste.report.codec import encode
from foretaste.report.train_page import to_plan_page, to_trained_page
from foretaste.report.write import write_together
from foretaste.train.certificate import COSTS
from foretaste.train.figures import Curve, Plan
from foretaste.train.keep import CERTIFICATE, MODEL, SCHEMA, model_bytes
from foretaste.train.run import ASSUMPTIONS, Trained

__all__ = ["certificate_document", "plan_document", "save_plan", "save_trained", "to_text"]

PACKAGES = ("foretaste", "numpy", "scikit-learn", "scipy")
PLAN_SCHEMA = "foretaste/train-plan/v1"


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values."""
    document: dict[str, Any] = {"schema": PLAN_SCHEMA, **encode(plan)}
    document["curves"] = [_curve(curve) for curve in plan.curves]
    return document | {"versions": _versions()}


def certificate_document(trained: Trained, model: bytes) -> dict[str, Any]:
    """The certificate of a model, as JSON values; `model` are the bytes it is bound to."""
    design = trained.curve.design
    return {
        "schema": SCHEMA,
        "promise": trained.promise,
        "unit": design.unit,
        "cost_of_a_change": dict(COSTS[design.unit]),
        "configuration": {
            **encode(design),
            "base_model": repr(trained.model.estimator),
            "features": repr(trained.model.features),
            "model": trained.kind,
            "holdout": trained.holdout,
        },
        "measured": {
            **_curve(trained.curve),
            "undefended_accuracy": trained.undefended,
        },
        "assumptions": list(ASSUMPTIONS),
        "data": encode(trained.data),
        "model": {"file": MODEL, "sha256": hashlib.sha256(model).hexdigest()},
        "versions": _versions(),
    }


def _curve(curve: Curve) -> dict[str, Any]:
    """By units: the share of predictions that stand, and of those that are right and stand."""
    return {**encode(curve), "accuracy": curve.accuracy}


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in PACKAGES}


def to_text(document: dict[str, Any]) -> str:
    """Strict JSON with sorted keys."""
    return json.dumps(document, sort_keys=True, indent=1, allow_nan=False) + "\n"


def save_plan(plan: Plan, folder: str | Path) -> Path:
    """Write ``train-plan.html`` and ``train-plan.json`` into `folder`.

    Raises
    ------
    OutputError
        They cannot be written; what was there before is untouched.
    """
    text = to_text(plan_document(plan))
    page = to_plan_page(plan, _versions())
    write_together(folder, {"train-plan.html": page.encode(), "train-plan.json": text.encode()})
    return Path(folder)


def save_trained(trained: Trained, folder: str | Path) -> Path:
    """Write the model, its page and, last, its certificate into `folder`.

    Raises
    ------
    OutputError
        They cannot be written; what was there before is untouched.
    MissingExtraError
        The package that writes models is not installed.
    """
    model = model_bytes(trained.model)
    document = to_text(certificate_document(trained, model))
    page = to_trained_page(trained, ASSUMPTIONS, _versions())
    contents = {MODEL: model, "train.html": page.encode(), CERTIFICATE: document.encode()}
    write_together(folder, contents)
    return Path(folder)
