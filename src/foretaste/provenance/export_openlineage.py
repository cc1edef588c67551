"""What made a data set, as an OpenLineage run event.

Specification: OpenLineage 2-0-2, RunEvent.
"""

from __future__ import annotations

import uuid
from typing import Any

from foretaste.provenance.documents import to_time
from foretaste.provenance.manifest import Manifest
from foretaste.provenance.transformations import Transformation

__all__ = ["openlineage"]

_PRODUCER = "urn:foretaste"
_SPEC = "https://openlineage.io/spec"
_NAMESPACE = "foretaste"


def openlineage(manifest: Manifest, digest: str, step: Transformation | None) -> dict[str, Any]:
    """A COMPLETE event of the job that made the data; without a step, of signing them."""
    inputs = step.inputs if step is not None else ()
    job = step.code.name if step is not None else f"sign {manifest.name}"
    return {
        "eventType": "COMPLETE",
        "eventTime": to_time(step.finished if step is not None else manifest.created),
        "producer": _PRODUCER,
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:sha256:{digest}"))},
        "job": {"namespace": _NAMESPACE, "name": job},
        "inputs": [
            {
                "namespace": _NAMESPACE,
                "name": material.name,
                "facets": {"version": _version(material.sha256)},
            }
            for material in inputs
        ],
        "outputs": [
            {
                "namespace": _NAMESPACE,
                "name": manifest.name,
                "facets": {"version": _version(digest), "schema": _schema(manifest)},
                "outputFacets": {"outputStatistics": _statistics(manifest)},
            }
        ],
    }


def _version(digest: str) -> dict[str, Any]:
    kind = "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
    return {**_facet(kind), "datasetVersion": digest}


def _schema(manifest: Manifest) -> dict[str, Any]:
    kind = "1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet"
    columns = [{"name": column.name, "type": column.type} for column in manifest.columns]
    return {**_facet(kind), "fields": columns}


def _statistics(manifest: Manifest) -> dict[str, Any]:
    kind = "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet"
    size = sum(file.size for file in manifest.files)
    return {**_facet(kind), "rowCount": manifest.rows, "size": size}


def _facet(kind: str) -> dict[str, str]:
    return {"_producer": _PRODUCER, "_schemaURL": f"{_SPEC}/facets/{kind}"}
