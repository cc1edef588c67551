"""A manifest as a CycloneDX 1.7 ML-BOM: the data as a component with its files and hashes.

Specification: ECMA-424, CycloneDX 1.7, component type ``data``.
"""

from __future__ import annotations

import uuid
from importlib.metadata import version
from typing import Any

from foretaste.provenance.documents import to_time
from foretaste.provenance.manifest import Manifest, ManifestFile

__all__ = ["cyclonedx"]


def cyclonedx(manifest: Manifest, digest: str) -> dict[str, Any]:
    """The bill of materials of a signed manifest; `digest` is that of the manifest.

    The serial number follows from the digest: the same manifest, the same document.
    """
    whole = f"data:{digest}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"urn:sha256:{digest}").urn,
        "version": 1,
        "metadata": {
            "timestamp": to_time(manifest.created),
            "tools": {
                "components": [
                    {"type": "application", "name": "foretaste", "version": version("foretaste")}
                ]
            },
            "component": _data(manifest, digest, whole),
        },
        "components": [_file(file) for file in manifest.files],
        "dependencies": [{"ref": whole, "dependsOn": [_ref(file) for file in manifest.files]}],
    }


def _data(manifest: Manifest, digest: str, ref: str) -> dict[str, Any]:
    facts = {
        "foretaste:rows": str(manifest.rows),
        "foretaste:rowRoot": manifest.row_root.hex(),
        "foretaste:manifest": digest,
        **{f"foretaste:source:{s.name}": f"{s.rows} rows, {s.trust}" for s in manifest.sources},
    }
    return {
        "type": "data",
        "bom-ref": ref,
        "name": manifest.name,
        "version": str(manifest.version),
        "data": [
            {
                "type": "dataset",
                "name": manifest.name,
                "contents": {
                    "properties": [{"name": name, "value": value} for name, value in facts.items()]
                },
            }
        ],
    }


def _file(file: ManifestFile) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": _ref(file),
        "name": file.name,
        "hashes": [{"alg": "SHA-256", "content": file.sha256}],
        "properties": [{"name": "foretaste:size", "value": str(file.size)}],
    }


def _ref(file: ManifestFile) -> str:
    return f"file:{file.name}"
