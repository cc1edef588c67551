"""Signed data in the formats of others, written beside the bundle as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from foretaste.provenance import durable
from foretaste.provenance.attestation import read_bundle
from foretaste.provenance.export_croissant import croissant
from foretaste.provenance.export_cyclonedx import cyclonedx
from foretaste.provenance.export_openlineage import openlineage
from foretaste.provenance.signing import Signed
from foretaste.provenance.transformations import Transformation, read_transformation

__all__ = ["FORMATS", "write_exports"]

Export = Callable[[Signed], Mapping[str, Any]]


def _step(signed: Signed) -> Transformation | None:
    """The step that made the data, if the bundle has one."""
    found = (read_transformation(envelope) for envelope in read_bundle(signed.bundle))
    return next((step for step in found if step is not None), None)


FORMATS: Mapping[str, tuple[str, Export]] = {
    "croissant": (".croissant.json", lambda s: croissant(s.manifest)),
    "cyclonedx": (".cdx.json", lambda s: cyclonedx(s.manifest, s.envelope.digest)),
    "openlineage": (
        ".openlineage.json",
        lambda s: openlineage(s.manifest, s.envelope.digest, _step(s)),
    ),
}


def write_exports(signed: Signed, formats: Iterable[str]) -> list[Path]:
    """Write a signed data set in each of `formats` (keys of `FORMATS`); where they were written."""
    stem = signed.bundle.name.removesuffix(".intoto.jsonl")
    written = []
    for name in formats:
        suffix, export = FORMATS[name]
        path = signed.bundle.with_name(stem + suffix)
        text = json.dumps(export(signed), indent=2, ensure_ascii=False, allow_nan=False)
        durable.replace(path, text.encode() + b"\n")
        written.append(path)
    return written
