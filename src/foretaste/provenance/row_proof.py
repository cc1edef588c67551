"""One row, verified without the others: its digest, and the hashes beside its way to the root."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from foretaste.data.rowhash import row_digests
from foretaste.data.rows import Rows
from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.provenance.attestation import Envelope
from foretaste.provenance.changes import Change, ChangeKind
from foretaste.provenance.documents import Fields, canonical, parse
from foretaste.provenance.manifest import read_manifest
from foretaste.provenance.merkle import (
    inclusion_proof,
    is_included,
    leaf_hash,
    leaf_hashes,
    subtrees,
)
from foretaste.provenance.row_index import RowIndex
from foretaste.provenance.trust import DATA, Trust

__all__ = ["RowProof", "check_row", "prove_row"]

_MAX_PATH = 64  # hashes; a tree of 2^63 rows is not deeper


@dataclass(frozen=True)
class RowProof:
    """That a row with this digest stands at a place among the rows of a manifest."""

    manifest: str  # hex SHA-256 of its signed payload
    row: int
    digest: bytes  # rowhash/v1
    path: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """The proof as JSON."""
        return canonical(
            {
                "proofVersion": 1,
                "manifest": self.manifest,
                "row": self.row,
                "digest": self.digest.hex(),
                "path": [{"sha256": beside.hex()} for beside in self.path],
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes, where: str) -> RowProof:
        """Read a proof."""
        fields = Fields(parse(content, where), where)
        if fields.whole("proofVersion") != 1:
            raise fields.wrong("proofVersion", "1, which this foretaste knows")
        path = tuple(item.digest("sha256") for item in fields.items("path"))
        if len(path) > _MAX_PATH:
            raise fields.wrong("path", f"{_MAX_PATH} hashes at most")
        return cls(
            fields.digest("manifest").hex(), fields.whole("row"), fields.digest("digest"), path
        )


def prove_row(envelope: Envelope, index: RowIndex, row: int) -> RowProof:
    """Proof that row number `row` of a signed manifest is in it, from its index.

    Raises
    ------
    UsageError
        There is no such row.
    """
    if not 0 <= row < len(index):
        raise UsageError(f"row: must lie in 0 to {len(index) - 1}, got {row}")
    flat = index.digests.tobytes()
    digests = [flat[at : at + 32] for at in range(0, len(flat), 32)]
    path = inclusion_proof(row, len(index), subtrees(leaf_hashes(digests)))
    return RowProof(envelope.digest, row, digests[row], tuple(path))


def check_row(
    proof: RowProof,
    envelope: Envelope,
    trust: Trust,
    *,
    rows: Rows | None = None,
    at: dt.datetime | None = None,
) -> tuple[Change, ...]:
    """Verify one row against a signed manifest, without the data set.

    Parameters
    ----------
    proof
        Of the row.
    envelope
        The signed manifest.
    trust
        Whose signatures count.
    rows
        The row itself, as a data set of one row with all columns; without it only the digest in
        the proof is verified.
    at
        The moment of verification; now by default.

    Returns
    -------
    tuple of Change
        Empty if the row is in.
    """
    manifest = read_manifest(envelope)
    moment = at or dt.datetime.now(dt.UTC)
    objection = envelope.objection(trust, DATA, manifest.created, moment)
    if objection is not None:
        sentence = f"the signature of the manifest does not count: {objection}"
        return (Change(ChangeKind.SIGNATURE, sentence),)
    if proof.manifest != envelope.digest:
        raise InvalidProvenanceError(
            "proof: is for another manifest than the one in the bundle; "
            "give the bundle it came with"
        )
    if rows is not None:
        digests = row_digests(rows.blocks(2))
        if len(digests) != 1:
            raise UsageError(f"row: give a data set of this one row, got {rows.n_rows}")
        if digests[0] != proof.digest:
            sentence = f"the row is not the one that was signed as row {proof.row}"
            return (Change(ChangeKind.ROW_CHANGED, sentence, row=proof.row),)
    leaf = leaf_hash(proof.digest)
    if not is_included(leaf, proof.row, manifest.rows, proof.path, manifest.row_root):
        sentence = f"row {proof.row} is not among the rows that were signed"
        return (Change(ChangeKind.ROW_REMOVED, sentence, row=proof.row),)
    return ()
