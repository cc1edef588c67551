"""A manifest as Croissant 1.1: metadata by which other tools find and load the data.

Specification: Croissant Format 1.1, MLCommons.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from foretaste.provenance.documents import to_time
from foretaste.provenance.manifest import Column, Manifest, ManifestFile

__all__ = ["croissant"]

_MIME = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".parquet": "application/x-parquet",
    ".pq": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".ndjson": "application/jsonlines",
    ".arrow": "application/vnd.apache.arrow.file",
    ".feather": "application/vnd.apache.arrow.file",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_COLUMNS = {"text/csv", "text/tab-separated-values", "application/x-parquet"}
_TYPES = {
    "bool": "sc:Boolean",
    "float": "sc:Float",
    "double": "sc:Float",
    "halffloat": "sc:Float",
    "string": "sc:Text",
}
_MAX_RECORD_SETS = 100
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(manifest: Manifest) -> dict[str, Any]:
    """The Croissant document of a manifest; licence, citation and URL are left to its owner.

    Files are named relative to the folder of the data. Record sets are given for CSV, TSV and
    Parquet, with the columns that are not nested.
    """
    files = [_file(file) for file in manifest.files]
    tables = [file for file in manifest.files if _mime(file) in _COLUMNS]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": manifest.name,
        "description": f"{manifest.name}: {manifest.rows:,} rows, signed by foretaste as version "
        f"{manifest.version}, row root {manifest.row_root.hex()}",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "version": f"{manifest.version}.0.0",
        "datePublished": to_time(manifest.created),
        "distribution": files,
        "recordSet": [
            _records(file, manifest.columns, number)
            for number, file in enumerate(tables[:_MAX_RECORD_SETS])
        ],
    }


def _file(file: ManifestFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": file.name,
        "contentSize": f"{file.size} B",
        "encodingFormat": _mime(file),
        "sha256": file.sha256,
    }


def _records(file: ManifestFile, columns: tuple[Column, ...], number: int) -> dict[str, Any]:
    key = f"rows-{number}"
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{key}/{place}",
            "name": column.name,
            "dataType": kind,
            "source": {"fileObject": {"@id": file.name}, "extract": {"column": column.name}},
        }
        for place, column in enumerate(columns)
        if (kind := _type(column.type)) is not None
    ]
    return {"@type": "cr:RecordSet", "@id": key, "name": key, "field": fields}


def _mime(file: ManifestFile) -> str:
    return _MIME.get(PurePosixPath(file.name).suffix.lower(), "application/octet-stream")


def _type(name: str) -> str | None:
    """The data type of Croissant; None for nested values and bytes."""
    if name.startswith(("int", "uint")):
        return "sc:Integer"
    if name.startswith(("date", "timestamp")):
        return "sc:Date"
    return "sc:Float" if name.startswith("decimal") else _TYPES.get(name)
