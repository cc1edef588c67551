"""The manifest of a data set: what its rows, files and sources were when it was signed.

Format: docs/formats/dataset-manifest-v1.md. A manifest is the predicate of an in-toto statement.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from foretaste.data.rowhash import VERSION as ROW_HASH
from foretaste.errors import InvalidProvenanceError
from foretaste.provenance.attestation import Envelope, Statement, Subject
from foretaste.provenance.documents import Fields, to_time

__all__ = ["PREDICATE", "TIERS", "Column", "Manifest", "ManifestFile", "Previous", "SourceShare",
           "is_safe_name", "read_manifest"]  # fmt: skip

ROW_ROOT = "foretasteRowRootV1"  # the name of the digest of rows in a statement's subject
PREDICATE = "urn:foretaste:dataset-manifest:v1"
TIERS = ("trusted", "known", "unknown")  # how far a source is trusted, for policies
_VERSION = 1
_UNSAFE = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')


@dataclass(frozen=True)
class ManifestFile:
    """A file: its name below the folder of the data set, bytes, and hex SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Column:
    """A column and the Arrow type its values had."""

    name: str
    type: str


@dataclass(frozen=True)
class SourceShare:
    """The rows of one source."""

    name: str
    trust: str  # one of TIERS
    rows: int
    root: bytes  # RFC 6962 root over the digests of these rows, in order
    ranges: tuple[tuple[int, int], ...] = ()  # row numbers, stop excluded; () if too scattered


@dataclass(frozen=True)
class Previous:
    """The version before: its number, and the SHA-256 of its signed payload."""

    version: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A version of a data set. `rows` and `row_root` say everything about its content."""

    name: str
    version: int
    created: dt.datetime
    rows: int
    row_root: bytes  # RFC 6962 root over the rowhash/v1 digests of all rows, in order
    columns: tuple[Column, ...]
    files: tuple[ManifestFile, ...] = ()  # none where the rows were in memory
    roles: tuple[tuple[str, str], ...] = ()  # ("label", column), ("source", ...), ("id", ...)
    sources: tuple[SourceShare, ...] = ()
    unlisted_sources: int = 0  # too many to list
    previous: Previous | None = None
    expires: dt.datetime | None = None
    index: ManifestFile | None = None  # digests of single rows, kept beside the bundle
    inputs: tuple[str, ...] = ()  # hex SHA-256 of the manifests it was made from; none if raw

    def role(self, name: str) -> str | None:
        """The column that plays a role."""
        return dict(self.roles).get(name)

    def statement(self) -> Statement:
        """What is signed. Subjects are the files, as other tools expect, and the rows."""
        rows = Subject(self.name, {ROW_ROOT: self.row_root.hex()})
        files = (Subject(file.name, {"sha256": file.sha256}) for file in self.files)
        return Statement((rows, *files), PREDICATE, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The predicate."""
        document: dict[str, Any] = {
            "manifestVersion": _VERSION,
            "name": self.name,
            "version": self.version,
            "created": to_time(self.created),
            "rowHash": ROW_HASH,
            "rows": self.rows,
            "rowRoot": self.row_root.hex(),
            "columns": [{"name": c.name, "type": c.type} for c in self.columns],
            "files": [_file_json(file) for file in self.files],
            "roles": dict(self.roles),
            "sources": [_source_json(source) for source in self.sources],
        }
        if self.unlisted_sources:
            document["unlistedSources"] = self.unlisted_sources
        if self.previous is not None:
            document["previous"] = {
                "version": self.previous.version,
                "sha256": self.previous.sha256,
            }
        if self.expires is not None:
            document["expires"] = to_time(self.expires)
        if self.index is not None:
            document["index"] = _file_json(self.index)
        if self.inputs:
            document["inputs"] = [{"sha256": digest} for digest in self.inputs]
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any], where: str = "manifest") -> Manifest:
        """Read a predicate; every field is checked.

        Raises
        ------
        InvalidProvenanceError
            Names the field, the rule and the value.
        """
        fields = Fields(document, where)
        if fields.whole("manifestVersion") != _VERSION:
            raise fields.wrong("manifestVersion", f"{_VERSION}, which this foretaste knows")
        if fields.text("rowHash") != ROW_HASH:
            raise fields.wrong("rowHash", ROW_HASH)
        roles = fields.inner("roles")
        rows = fields.whole("rows")
        columns = tuple(Column(c.text("name"), c.text("type")) for c in fields.items("columns"))
        files = tuple(_read_file(item) for item in fields.items("files"))
        sources = tuple(_read_source(item, rows) for item in fields.items("sources"))
        for name, held in (("columns", columns), ("files", files), ("sources", sources)):
            if len({one.name for one in held}) < len(held):
                raise fields.wrong(name, "a list without a name that stands in it twice")
        if _overlap(sources):
            raise fields.wrong("sources", "a list in which no row has two sources")
        return cls(
            name=fields.text("name"),
            version=fields.whole("version", 1),
            created=fields.time("created"),
            rows=rows,
            row_root=fields.digest("rowRoot"),
            columns=columns,
            files=files,
            roles=tuple((role, roles.text(role)) for role in sorted(roles.document)),
            sources=sources,
            unlisted_sources=fields.whole("unlistedSources")
            if fields.has("unlistedSources")
            else 0,
            previous=_read_previous(fields.inner("previous")) if fields.has("previous") else None,
            expires=fields.time("expires") if fields.has("expires") else None,
            index=_read_file(fields.inner("index")) if fields.has("index") else None,
            inputs=_read_inputs(fields) if fields.has("inputs") else (),
        )


def read_manifest(envelope: Envelope) -> Manifest:
    """The manifest in an envelope; its subjects must be those that follow from it.

    Raises
    ------
    InvalidProvenanceError
        It is no manifest, or says two things at once.
    """
    statement = envelope.statement()
    if statement.predicate_type != PREDICATE:
        raise InvalidProvenanceError(
            f"statement.predicateType: must be {PREDICATE}, got {statement.predicate_type!r:.80}; "
            "give a bundle of foretaste sign"
        )
    manifest = Manifest.from_json(statement.predicate)
    if statement.subjects != manifest.statement().subjects:
        raise InvalidProvenanceError(
            "statement.subject: names other files or rows than the manifest in it; "
            "the document was altered or is not from foretaste"
        )
    return manifest


def is_safe_name(name: str) -> bool:
    """Whether a file name stays below its folder, on every system.

    >>> is_safe_name("part/a.csv"), is_safe_name("../a.csv"), is_safe_name("/etc/passwd")
    (True, False, False)
    """
    parts = name.split("/")
    return not _UNSAFE.search(name) and all(part not in {"", ".", ".."} for part in parts)


def _file_json(file: ManifestFile) -> dict[str, Any]:
    return {"name": file.name, "size": file.size, "sha256": file.sha256}


def _source_json(source: SourceShare) -> dict[str, Any]:
    return {
        "name": source.name,
        "trust": source.trust,
        "rows": source.rows,
        "root": source.root.hex(),
        "ranges": [list(pair) for pair in source.ranges],
    }


def _read_file(item: Fields) -> ManifestFile:
    name = item.text("name")
    if not is_safe_name(name):
        raise item.wrong("name", "a name that stays below the folder of the data set")
    return ManifestFile(name, item.whole("size"), item.digest("sha256").hex())


def _read_previous(item: Fields) -> Previous:
    return Previous(item.whole("version", 1), item.digest("sha256").hex())


def _read_inputs(fields: Fields) -> tuple[str, ...]:
    return tuple(item.digest("sha256").hex() for item in fields.items("inputs"))


def _read_source(item: Fields, rows: int) -> SourceShare:
    trust = item.text("trust")
    if trust not in TIERS:
        raise item.wrong("trust", f"one of {', '.join(TIERS)}")
    ranges = item.document.get("ranges")
    if not isinstance(ranges, list) or not all(_is_range(pair, rows) for pair in ranges):
        raise item.wrong("ranges", f"pairs of row numbers up to {rows}")
    pairs = tuple((pair[0], pair[1]) for pair in ranges)
    if pairs and sum(stop - start for start, stop in pairs) != item.whole("rows"):
        raise item.wrong("rows", "as many as its ranges have")
    return SourceShare(item.text("name"), trust, item.whole("rows"), item.digest("root"), pairs)


def _overlap(sources: tuple[SourceShare, ...]) -> bool:
    """Whether two ranges of rows have a row in common."""
    spans = sorted(span for source in sources for span in source.ranges)
    return any(one[1] > other[0] for one, other in pairwise(spans))


def _is_range(pair: object, rows: int) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(type(end) is int for end in pair)
        and 0 <= pair[0] < pair[1] <= rows
    )
