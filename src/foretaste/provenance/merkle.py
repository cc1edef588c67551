"""Merkle trees of RFC 6962: roots that grow, proofs that a leaf is in and that nothing was cut.

The root of rows and the root of the log are the same function. Leaves are given as *leaf hashes*,
32 bytes, made by `leaf_hash`; so a tree never needs the data.

Paper: RFC 6962, section 2.1; verification as in RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "RootBuilder",
    "consistency_proof",
    "inclusion_proof",
    "is_consistent",
    "is_included",
    "leaf_hash",
    "leaf_hashes",
    "node_hash",
    "root",
    "subtrees",
]

Subtree = Callable[[int, int], bytes]  # the root of the leaves from one number to before another
_EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf that holds `entry`.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """`leaf_hash` of many entries, quickly."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class RootBuilder:
    """A root over leaves that come in blocks; holds one hash per level, whatever their number.

    Examples
    --------
    >>> leaves = leaf_hashes([b"a", b"b", b"c"])
    >>> builder = RootBuilder()
    >>> builder.extend(leaves[:1])
    >>> builder.extend(leaves[1:])
    >>> builder.size, builder.root() == root(leaves)
    (3, True)
    """

    def __init__(self) -> None:
        self.size = 0
        self._perfect: list[tuple[int, bytes]] = []  # (leaves below, hash), larger ones first

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes at the end."""
        at = 0
        while at < len(leaves):
            width = 1 << ((len(leaves) - at).bit_length() - 1)
            if self.size:
                width = min(width, self.size & -self.size)  # what fits without a gap
            self._push(width, _perfect_root(leaves[at : at + width]))
            at += width

    def root(self) -> bytes:
        """The root of all leaves so far; SHA-256 of nothing if there are none."""
        if not self._perfect:
            return _EMPTY
        whole = self._perfect[-1][1]
        for _, left in reversed(self._perfect[:-1]):
            whole = node_hash(left, whole)
        return whole

    def _push(self, width: int, digest: bytes) -> None:
        self.size += width
        while self._perfect and self._perfect[-1][0] == width:
            digest = node_hash(self._perfect.pop()[1], digest)
            width *= 2
        self._perfect.append((width, digest))


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes.

    >>> root([]).hex()[:16]
    'e3b0c44298fc1c14'
    """
    builder = RootBuilder()
    builder.extend(leaves)
    return builder.root()


def subtrees(leaves: Sequence[bytes]) -> Subtree:
    """How proofs ask for inner hashes, answered from leaves in memory."""
    return lambda start, stop: root(leaves[start:stop])


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The hashes beside the path from leaf `index` to the root of `size` leaves, from below.

    Examples
    --------
    >>> leaves = leaf_hashes([b"a", b"b", b"c"])
    >>> proof = inclusion_proof(2, 3, subtrees(leaves))
    >>> is_included(leaves[2], 2, 3, proof, root(leaves))
    True
    """
    _check(0 <= index < size, f"index: must lie in 0 to {size - 1}, got {index}")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(subtree(middle, stop))
            stop = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The hashes that show the first `old` of `new` leaves to be those of the older tree.

    Examples
    --------
    >>> leaves = leaf_hashes([b"a", b"b", b"c"])
    >>> proof = consistency_proof(2, 3, subtrees(leaves))
    >>> is_consistent(2, 3, root(leaves[:2]), root(leaves), proof)
    True
    """
    _check(0 <= old <= new, f"old: must lie in 0 to {new}, got {old}")
    path: list[bytes] = []
    start, stop, whole = 0, new, True
    while 0 < old < new and old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(subtree(middle, stop))
            stop = middle
        else:
            path.append(subtree(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(subtree(start, stop))
    return path[::-1]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], whole: bytes) -> bool:
    """Whether `proof` shows that `leaf` stands at `index` in the tree of `size` with this root."""
    if not 0 <= index < size:
        return False
    number, last, digest = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            digest = node_hash(beside, digest)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            digest = node_hash(digest, beside)
        number, last = number >> 1, last >> 1
    return last == 0 and digest == whole


def is_consistent(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the tree of `new` leaves goes on from the tree of `old` leaves."""
    if not 0 <= old <= new:
        return False
    if old in {0, new}:
        agrees = old_root == (_EMPTY if old == 0 else new_root)
        return agrees and not proof
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            first, second = node_hash(beside, first), node_hash(beside, second)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, beside)
        number, last = number >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _perfect_root(level: Sequence[bytes]) -> bytes:
    """The root over a power of two of leaves."""
    sha256 = hashlib.sha256
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return level[0]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)
