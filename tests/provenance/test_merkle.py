"""Merkle trees: the published vectors of RFC 6962, and laws that hold for every tree."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretaste.provenance.merkle import (
    RootBuilder,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    leaf_hashes,
    root,
    subtrees,
)

# The inputs and roots of the reference implementation of RFC 6962 (Certificate Transparency).
INPUTS = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

entries = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


def slow_root(data: list[bytes]) -> bytes:
    """The definition of the RFC, word for word."""
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    split = 1
    while split * 2 < len(data):
        split *= 2
    return hashlib.sha256(b"\x01" + slow_root(data[:split]) + slow_root(data[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    assert root(leaf_hashes(INPUTS[:size])).hex() == ROOTS[size - 1]


def test_the_empty_tree() -> None:
    assert root([]) == hashlib.sha256(b"").digest()


@given(entries, st.lists(st.integers(0, 70), max_size=5))
def test_a_root_that_grows_in_any_steps_is_that_of_the_definition(
    data: list[bytes], cuts: list[int]
) -> None:
    leaves, builder = leaf_hashes(data), RootBuilder()
    ends = [0, *sorted(min(cut, len(leaves)) for cut in cuts), len(leaves)]
    for start, stop in pairwise(ends):
        builder.extend(leaves[start:stop])
    assert (builder.size, builder.root()) == (len(data), slow_root(data))


@given(entries, st.data())
def test_what_is_in_is_proven_and_nothing_else_is(data: list[bytes], draw: st.DataObject) -> None:
    leaves = leaf_hashes(data)
    index = draw.draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(index, len(leaves), subtrees(leaves))
    whole = root(leaves)
    assert is_included(leaves[index], index, len(leaves), proof, whole)
    assert not is_included(leaf_hash(b"another"), index, len(leaves), proof, whole)
    assert not is_included(leaves[index], index, len(leaves), [*proof, whole], whole)
    assert not is_included(leaves[index], index, len(leaves), proof, leaf_hash(whole))
    other = draw.draw(st.integers(-1, len(leaves) + 1))
    if other != index and not (0 <= other < len(leaves) and leaves[other] == leaves[index]):
        assert not is_included(leaves[index], other, len(leaves), proof, whole)


@given(entries, st.data())
def test_growth_is_proven_and_rewriting_is_not(data: list[bytes], draw: st.DataObject) -> None:
    leaves = leaf_hashes(data)
    old = draw.draw(st.integers(0, len(leaves)))
    proof = consistency_proof(old, len(leaves), subtrees(leaves))
    before, after = root(leaves[:old]), root(leaves)
    assert is_consistent(old, len(leaves), before, after, proof)
    assert not is_consistent(old, len(leaves), before, after, [*proof, after])
    assert not is_consistent(old, len(leaves), leaf_hash(before), after, proof)
    if old:
        assert not is_consistent(old, len(leaves), before, leaf_hash(after), proof)
        rewritten = draw.draw(st.integers(0, old - 1))
        forged = [*leaves[:rewritten], leaf_hash(b"forged"), *leaves[rewritten + 1 :]]
        lying = consistency_proof(old, len(leaves), subtrees(forged))
        assert not is_consistent(old, len(leaves), before, root(forged), lying)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_for_leaves_that_are_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        inclusion_proof(index, size, subtrees(leaf_hashes(INPUTS)))
    assert not is_included(leaf_hash(b""), index, size, [], leaf_hash(b""))


@given(
    st.binary(max_size=40),
    st.lists(st.binary(max_size=33), max_size=8),
    st.integers(),
    st.integers(),
)
def test_verifiers_say_no_to_any_rubbish(
    leaf: bytes, proof: list[bytes], index: int, size: int
) -> None:
    assert not is_included(leaf, index, size, proof, b"?" * 32)
    if size != 0 or proof:
        assert not is_consistent(index, size, b"!" * 32, b"?" * 32, proof)
