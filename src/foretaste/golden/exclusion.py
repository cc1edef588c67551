"""What must never be trained on: golden rows and canaries, found again by content.

The list holds keyed digests and signatures, no content: it can lie where the gate runs.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foretaste.data import Dataset
from foretaste.errors import InvalidProvenanceError
from foretaste.golden.content import content_digests
from foretaste.golden.nearness import ENTRIES, Signer
from foretaste.golden.secret import Secret

__all__ = ["Excluded", "ExclusionList", "Leak"]

_USUAL = b"foretaste.usual"


class Excluded(StrEnum):
    """Why a row may not be trained on."""

    GOLDEN = "golden row"
    BAD_CANARY = "bad canary"
    CLEAN_CANARY = "clean canary"
    OLD_CANARY = "canary of an earlier planting"


@dataclass(frozen=True)
class Leak:
    """A row of a data set that is on the list."""

    row: int
    kind: Excluded
    known: int  # its number on the list
    exact: bool
    share: float = 1.0  # of the signature in common


@dataclass(frozen=True)
class ExclusionList:
    """Digests (32 bytes) and signatures of known rows; made with `of` and `with_rows`."""

    secret: Secret
    signer: Signer
    digests: tuple[bytes, ...] = ()
    kinds: tuple[Excluded, ...] = ()
    signatures: np.ndarray | None = None  # (n, 64) uint32

    @classmethod
    def of(cls, golden: Dataset, secret: Secret) -> ExclusionList:
        """The list of a golden set."""
        signer = Signer.fitted(golden.content(), secret)
        return cls(secret, signer).with_rows(golden, [Excluded.GOLDEN] * len(golden))

    def with_rows(self, dataset: Dataset, kinds: Sequence[Excluded]) -> ExclusionList:
        """The list with these rows, too."""
        signed = self.signer.sign(dataset.content())
        held = signed if self.signatures is None else np.vstack([self.signatures, signed])
        digests = (*self.digests, *content_digests(dataset, self.secret))
        return ExclusionList(self.secret, self.signer, digests, (*self.kinds, *kinds), held)

    def with_old_canaries(self) -> ExclusionList:
        """The list before a new planting: earlier canaries stay on it, and count no more."""
        aged = {Excluded.BAD_CANARY, Excluded.CLEAN_CANARY}
        kinds = tuple(Excluded.OLD_CANARY if kind in aged else kind for kind in self.kinds)
        return replace(self, kinds=kinds)

    def numbers(self, kind: Excluded) -> tuple[int, ...]:
        """Where rows of a kind stand on the list."""
        return tuple(at for at, held in enumerate(self.kinds) if held is kind)

    def find(self, dataset: Dataset, *, near: bool = True) -> tuple[Leak, ...]:
        """Rows of a data set that are on the list, in order; a copy is told once.

        Parameters
        ----------
        near
            Also look for golden rows that were copied with small changes. Canaries are known by
            their exact content alone: rows beside them are other rows.
        """
        # a clean canary is a golden row, planted later: the later entry says what it is there for
        known = {digest: at for at, digest in enumerate(self.digests)}
        found: dict[int, Leak] = {}
        for row, digest in enumerate(content_digests(dataset, self.secret)):
            if (at := known.get(digest)) is not None:
                found[row] = Leak(row, self.kinds[at], at, exact=True)
        golden = self.numbers(Excluded.GOLDEN)
        if near and golden and self.signatures is not None:
            signed = self.signatures[list(golden)]
            for alike in self.signer.alike(dataset.content(), signed):
                at = golden[alike.known]
                leak = Leak(alike.row, self.kinds[at], at, exact=False, share=alike.share)
                found.setdefault(alike.row, leak)
        return tuple(found[row] for row in sorted(found))

    def to_parquet(self) -> bytes:
        """The list as a file."""
        signed = np.zeros((0, ENTRIES), np.uint32) if self.signatures is None else self.signatures
        table = pa.table(
            {
                "digest": pa.array(self.digests, pa.binary(32)),
                "kind": pa.array([kind.value for kind in self.kinds], pa.string()),
                "signature": pa.array(
                    [row.tobytes() for row in signed.astype("<u4")], pa.binary(4 * ENTRIES)
                ),
            }
        )
        usual = np.array(sorted(self.signer.usual), dtype="<u8").tobytes()
        held = io.BytesIO()
        pq.write_table(table.replace_schema_metadata({_USUAL: usual.hex().encode()}), held)
        return held.getvalue()

    @classmethod
    def from_parquet(cls, content: bytes, secret: Secret, where: str) -> ExclusionList:
        """Read the list.

        Raises
        ------
        InvalidProvenanceError
            It is none.
        """
        try:
            table = pq.read_table(io.BytesIO(content))
            usual = bytes.fromhex((table.schema.metadata or {})[_USUAL].decode())
            columns = {name: table.column(name).to_pylist() for name in table.column_names}
            kinds = tuple(Excluded(kind) for kind in columns["kind"])
            signed = np.frombuffer(b"".join(columns["signature"]), "<u4").reshape(-1, ENTRIES)
            tokens = frozenset(np.frombuffer(usual, "<u8").tolist())
        except (pa.ArrowException, KeyError, ValueError) as error:
            raise InvalidProvenanceError(
                f"{where}: no exclusion list of foretaste ({type(error).__name__}); "
                "make the golden set again"
            ) from error
        return cls(secret, Signer(secret, tokens), tuple(columns["digest"]), kinds, signed.copy())
