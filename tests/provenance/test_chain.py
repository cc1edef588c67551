"""The way from raw data to a training set, and single rows without the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.provenance.signed_data import NOW, new_key, toy_table, trusted

from foretaste.data.open import open_rows
from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.provenance import (
    Envelope,
    SigningKey,
    Trust,
    read_bundle,
    sign_manifest,
    write_bundle,
)
from foretaste.provenance.chain import Chain, gather, walk_chain
from foretaste.provenance.row_index import read_index
from foretaste.provenance.row_proof import RowProof, check_row, prove_row
from foretaste.provenance.signing import Made, Signed, sign_data
from foretaste.provenance.transformations import code_digest


@pytest.fixture
def key() -> SigningKey:
    return new_key()


@pytest.fixture
def trust(key: SigningKey) -> Trust:
    return Trust((trusted(key),))


@pytest.fixture
def way(tmp_path: Path, key: SigningKey) -> Signed:
    """Two raw sets, merged, then cleaned."""
    table = toy_table()
    sets = {"raw-a": table.slice(0, 100), "raw-b": table.slice(100), "merged": table}
    for name, rows in {**sets, "train": table.slice(20)}.items():
        pq.write_table(rows, tmp_path / f"{name}.parquet")
    for name in ("merge.py", "clean.py"):
        (tmp_path / name).write_text(f"# {name}\n")

    def made(name: str, *inputs: Signed, code: str = "") -> Signed:
        step = Made([i.bundle for i in inputs], tmp_path / code) if code else None
        return sign_data(tmp_path / f"{name}.parquet", key, made=step, at=NOW)

    merged = made("merged", made("raw-a"), made("raw-b"), code="merge.py")
    return made("train", merged, code="clean.py")


def walk(way: Signed, trust: Trust) -> Chain:
    return walk_chain(way.envelope, gather([way.bundle.parent]), trust, NOW)


def test_a_chain_is_walked_to_its_raw_data_and_drawn(way: Signed, trust: Trust) -> None:
    chain = walk(way, trust)
    assert chain.changes == ()
    assert [link.material.name for link in chain.raw] == ["raw-a.parquet", "raw-b.parquet"]
    lines = chain.tree().splitlines()
    assert lines[0] == "train.parquet, version 1, 380 rows"
    assert [line.split(" (")[0] for line in lines[1:]] == [
        "made by clean.py",
        "└─ merged.parquet, version 1, 400 rows",
        "   made by merge.py",
        "   ├─ raw-a.parquet, version 1, 100 rows, raw",
        "   └─ raw-b.parquet, version 1, 300 rows, raw",
    ]
    assert chain.mermaid().count("-->") == 3


def test_a_missing_link_is_named(way: Signed, trust: Trust) -> None:
    (way.bundle.parent / "raw-a.parquet.intoto.jsonl").unlink()
    (change,) = walk(way, trust).changes
    assert change.kind.value == "chain"
    assert change.sentence.startswith("the manifest of 'raw-a.parquet' (")


def test_another_version_of_an_input_is_not_the_input(
    way: Signed, trust: Trust, key: SigningKey
) -> None:
    raw = way.bundle.parent / "raw-a.parquet"
    pq.write_table(toy_table().slice(0, 99), raw)
    sign_data(raw, key, at=NOW)
    (change,) = walk(way, trust).changes
    assert "the manifest of 'raw-a.parquet'" in change.sentence
    assert "missing" in change.sentence


def test_a_step_signed_by_a_stranger_is_named(way: Signed, trust: Trust) -> None:
    bundle = way.bundle.parent / "merged.parquet.intoto.jsonl"
    manifest, step = read_bundle(bundle)
    stranger = replace(step, signatures=(("00", b"x"),))
    write_bundle(bundle, [manifest, stranger])
    (change,) = walk(way, trust).changes
    assert change.sentence.startswith("the step that made 'merged.parquet' does not count")


def test_a_step_that_was_cut_out_does_not_make_data_raw(way: Signed, trust: Trust) -> None:
    bundle = way.bundle.parent / "merged.parquet.intoto.jsonl"
    write_bundle(bundle, read_bundle(bundle)[:1])
    (change,) = walk(way, trust).changes
    assert change.sentence == "the step that made 'merged.parquet' is missing: its bundle was cut"


def test_an_altered_step_is_named(way: Signed, trust: Trust) -> None:
    bundle = way.bundle.parent / "train.parquet.intoto.jsonl"
    manifest, step = read_bundle(bundle)
    digest = code_digest(way.bundle.parent / "clean.py").sha256.encode()
    forged = Envelope(step.payload.replace(digest, b"0" * 64), step.signatures)
    write_bundle(bundle, [manifest, forged])
    (change,) = walk(way, trust).changes
    assert change.sentence.startswith("the step that made 'train.parquet' does not count")


def test_the_code_is_named_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("1\n")
    one = code_digest(tmp_path / "code")
    (tmp_path / "code" / "a.py").write_text("2\n")
    assert code_digest(tmp_path / "code").sha256 != one.sha256
    with pytest.raises(UsageError, match="no such file or folder"):
        code_digest(tmp_path / "none.py")


# --- one row ----------------------------------------------------------------------------------


def proof_of(way: Signed, row: int) -> RowProof:
    index = read_index(way.bundle.with_name("train.parquet.rows"), way.manifest)
    assert index is not None
    proof = prove_row(way.envelope, index, row)
    return RowProof.from_bytes(proof.to_bytes(), "proof")


@pytest.mark.parametrize("row", [0, 17, 255, 256, 379])
def test_a_row_is_verified_without_the_data(way: Signed, trust: Trust, row: int) -> None:
    proof = proof_of(way, row)
    (way.bundle.parent / "train.parquet").unlink()
    (way.bundle.parent / "train.parquet.rows").unlink()
    one = toy_table().slice(20 + row, 1)
    assert check_row(proof, way.envelope, trust, rows=open_rows(one), at=NOW) == ()
    assert len(proof.path) <= 9


def test_another_row_or_place_does_not_pass(way: Signed, trust: Trust) -> None:
    proof = proof_of(way, 17)

    def said(proof: RowProof, table: pa.Table | None = None) -> list[str]:
        rows = None if table is None else open_rows(table)
        return [c.kind.value for c in check_row(proof, way.envelope, trust, rows=rows, at=NOW)]

    assert said(proof) == []
    assert said(proof, toy_table().slice(36, 1)) == ["row changed"]
    assert said(replace(proof, row=18)) == ["row removed"]
    assert said(replace(proof, digest=bytes(32))) == ["row removed"]
    assert said(replace(proof, path=proof.path[:-1])) == ["row removed"]
    assert [c.kind.value for c in check_row(proof, way.envelope, Trust(), at=NOW)] == ["signature"]
    with pytest.raises(UsageError, match="this one row"):
        said(proof, toy_table().slice(0, 2))


def test_a_proof_for_another_manifest(way: Signed, trust: Trust, key: SigningKey) -> None:
    other = sign_manifest(replace(way.manifest, version=9), key)
    with pytest.raises(InvalidProvenanceError, match="for another manifest"):
        check_row(proof_of(way, 3), other, trust, at=NOW)


def test_rows_that_are_not_there(way: Signed) -> None:
    with pytest.raises(UsageError, match="0 to 379, got 380"):
        proof_of(way, 380)
