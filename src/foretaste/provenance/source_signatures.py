"""A source signs its own rows: who puts the set together cannot give it other rows.

What is signed is the root over the digests of the source's rows, in order. So the signature goes
on to hold when rows of other sources come, go or are put between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator

from foretaste.data.rowhash import VERSION as ROW_HASH
from foretaste.errors import UsageError
from foretaste.provenance.attestation import Envelope, Statement, Subject, sign_statement
from foretaste.provenance.changes import Change, ChangeKind
from foretaste.provenance.documents import Fields, to_time
from foretaste.provenance.keys import SigningKey
from foretaste.provenance.manifest import ROW_ROOT, Manifest
from foretaste.provenance.trust import Trust, source_use

__all__ = ["SOURCE_PREDICATE", "check_sources", "sign_source"]

SOURCE_PREDICATE = "urn:foretaste:source-rows:v1"


def sign_source(
    manifest: Manifest, source: str, key: SigningKey, at: dt.datetime | None = None
) -> Envelope:
    """Sign the rows of one source, with a key that may sign `source_use(source)`.

    Examples
    --------
    >>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    >>> from foretaste.provenance import make_manifest
    >>> rows = {"x": [1, 2, 3], "vendor": ["a", "b", "a"], "label": ["k", "k", "l"]}
    >>> key = SigningKey("vendor a", Ed25519PrivateKey.generate())
    >>> sign_source(make_manifest(rows), "a", key).statement().predicate["rows"]
    2
    """
    share = next((share for share in manifest.sources if share.name == source), None)
    if share is None:
        known = ", ".join(share.name for share in manifest.sources[:20]) or "none"
        raise UsageError(f"source: the manifest lists no {source!r} (but {known}); check its name")
    predicate = {
        "source": source,
        "rows": share.rows,
        "rowHash": ROW_HASH,
        "created": to_time(at or dt.datetime.now(dt.UTC)),
    }
    subject = Subject(source, {ROW_ROOT: share.root.hex()})
    return sign_statement(Statement((subject,), SOURCE_PREDICATE, predicate), key)


def check_sources(
    manifest: Manifest,
    envelopes: Iterable[Envelope],
    trust: Trust,
    at: dt.datetime,
    required: Collection[str] = (),
) -> Iterator[Change]:
    """Signatures of sources that do not count, are over other rows, or are required and missing."""
    missing = set(required)
    shares = {share.name: share for share in manifest.sources}
    for envelope in envelopes:
        statement = envelope.statement()
        if statement.predicate_type != SOURCE_PREDICATE:
            continue
        fields = Fields(statement.predicate, "source")
        name = fields.text("source")
        objection = envelope.objection(trust, source_use(name), fields.time("created"), at)
        share = shares.get(name)
        signed = Subject(name, {ROW_ROOT: share.root.hex()}) if share else None
        if objection is None and statement.subjects != (signed,):
            held = f"the manifest has {share.rows:,}" if share else "the manifest has none"
            objection = f"it covers other rows ({fields.whole('rows'):,}; {held})"
        missing.discard(name)
        if objection is not None:
            yield Change(
                ChangeKind.SOURCE_SIGNATURE,
                f"the signature of source {name!r} does not hold: {objection}",
                source=name,
            )
    for name in sorted(missing):
        sentence = f"source {name!r} has not signed its rows, or its signature was left out"
        yield Change(ChangeKind.SOURCE_SIGNATURE, sentence, source=name)
