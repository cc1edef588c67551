"""A log on disk: entries and hashes in files of 256, of which only the last of each is partial.

A full tile never changes. A partial one is named by its width, so that a longer one never takes
the place of a shorter one before the checkpoint that needs it is there.

Specification: C2SP tlog-tiles.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from foretaste.errors import InvalidProvenanceError
from foretaste.provenance import durable
from foretaste.provenance.merkle import leaf_hashes, node_hash, root

__all__ = ["MAX_ENTRY", "WIDTH", "Tiles", "pack", "tile_name", "unpack"]

WIDTH = 256
MAX_ENTRY = 65_535  # bytes


def tile_name(number: int) -> str:
    """How a tile's number is written in its path.

    >>> tile_name(5), tile_name(1234067)
    ('005', 'x001/x234/067')
    """
    groups = [number % 1000]
    while number >= 1000:
        number //= 1000
        groups.append(number % 1000)
    last, *above = groups
    return "".join(f"x{group:03}/" for group in reversed(above)) + f"{last:03}"


def pack(entries: Iterable[bytes]) -> bytes:
    """Entries with their lengths (2 bytes, big-endian) before them."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def unpack(content: bytes, where: str) -> list[bytes]:
    """What `pack` put together.

    >>> unpack(pack([b"a", b""]), "tile")
    [b'a', b'']
    """
    entries, at = [], 0
    while at < len(content):
        if at + 2 > len(content):
            raise _damaged(where)
        stop = at + 2 + struct.unpack_from(">H", content, at)[0]
        if stop > len(content):
            raise _damaged(where)
        entries.append(content[at + 2 : stop])
        at = stop
    return entries


class Tiles:
    """The tiles below a folder, of a log whose size is known from a checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entries(self, number: int, width: int) -> list[bytes]:
        """The first `width` entries of a tile.

        Raises
        ------
        InvalidProvenanceError
            The tile is missing, damaged or shorter.
        """
        path, content = self._read("entries", number, width)
        held = unpack(content, str(path))
        if len(held) < width:
            raise _damaged(str(path))
        return held[:width]

    def hashes(self, level: int, number: int, width: int) -> list[bytes]:
        """The first `width` hashes of a tile; those of level 0 are leaf hashes."""
        path, content = self._read(str(level), number, width)
        if len(content) < 32 * width:
            raise _damaged(str(path))
        return [content[at : at + 32] for at in range(0, 32 * width, 32)]

    def subtree(self, size: int) -> _Subtree:
        """How proofs over the first `size` entries ask for inner hashes."""
        return _Subtree(self, size)

    def append(self, old: int, entries: Sequence[bytes]) -> None:
        """Write the tiles of a log of `old` entries that grows by `entries`; no checkpoint."""
        self._grow_entries(old, entries)
        fresh, level, before = leaf_hashes(entries), 0, old
        while fresh:
            fresh = self._grow_hashes(level, before, fresh)
            level, before = level + 1, before // WIDTH

    def prune(self, size: int) -> None:
        """Remove partial tiles that a log of `size` entries no longer needs, and left-overs."""
        level, count = 0, size
        kinds: list[tuple[str, int]] = [("entries", size)]
        while count:
            kinds.append((str(level), count))
            level, count = level + 1, count // WIDTH
        for kind, held in kinds:
            last, width = divmod(held, WIDTH)
            for number in {last, max(0, last - 1)}:
                keep = width if number == last else WIDTH
                self._prune_below(self._path(kind, number, None), keep)

    def _prune_below(self, full: Path, keep: int) -> None:
        folder = full.with_name(full.name + ".p")
        durable.sweep(full.parent)
        if not folder.is_dir():
            return
        durable.sweep(folder)
        for path in folder.iterdir():
            if path.name.isdigit() and int(path.name) < keep:
                path.unlink(missing_ok=True)

    def _grow_entries(self, old: int, entries: Sequence[bytes]) -> None:
        number, width = divmod(old, WIDTH)
        held = [*(self.entries(number, width) if width else []), *entries]
        for at in range(0, len(held), WIDTH):
            part = held[at : at + WIDTH]
            self._write("entries", number + at // WIDTH, len(part), pack(part))

    def _grow_hashes(self, level: int, old: int, fresh: Sequence[bytes]) -> list[bytes]:
        """Add hashes to a level; return those of the tiles that became full."""
        number, width = divmod(old, WIDTH)
        held = [*(self.hashes(level, number, width) if width else []), *fresh]
        full = []
        for at in range(0, len(held), WIDTH):
            part = held[at : at + WIDTH]
            self._write(str(level), number + at // WIDTH, len(part), b"".join(part))
            if len(part) == WIDTH:
                full.append(root(part))
        return full

    def _write(self, kind: str, number: int, width: int, content: bytes) -> None:
        path = self._path(kind, number, None if width == WIDTH else width)
        durable.make_folder(path.parent)
        durable.replace(path, content)

    def _read(self, kind: str, number: int, width: int) -> tuple[Path, bytes]:
        """A tile of at least this width: of just this one, full, or of any larger one."""
        wanted = self._path(kind, number, None if width == WIDTH else width)
        full = self._path(kind, number, None)
        for path in (wanted, full, *_wider(full, width)):
            if path.is_file() and not path.is_symlink():
                return path, path.read_bytes()
        raise InvalidProvenanceError(
            f"{wanted}: is missing; the log was cut or is incomplete, restore it from a copy"
        )

    def _path(self, kind: str, number: int, width: int | None) -> Path:
        name = tile_name(number) + ("" if width is None else f".p/{width}")
        return self.folder / "tile" / kind / name


class _Subtree:
    """Inner hashes from tiles."""

    def __init__(self, tiles: Tiles, size: int) -> None:
        self._tiles, self._size = tiles, size

    def __call__(self, start: int, stop: int) -> bytes:
        """The root of the entries from `start` to before `stop`."""
        count = stop - start
        if count & (count - 1) == 0 and start % count == 0:
            return self._perfect(start, count.bit_length() - 1)
        middle = start + (1 << ((count - 1).bit_length() - 1))
        return node_hash(self(start, middle), self(middle, stop))

    def _perfect(self, start: int, height: int) -> bytes:
        """The root of a full subtree: of 2^(height mod 8) hashes of one tile."""
        level, rest = divmod(height, 8)
        first = start >> (8 * level)
        number, at = divmod(first, WIDTH)
        held = min(WIDTH, (self._size >> (8 * level)) - number * WIDTH)
        return root(self._tiles.hashes(level, number, held)[at : at + (1 << rest)])


def _wider(full: Path, width: int) -> list[Path]:
    folder = full.with_name(full.name + ".p")
    if not folder.is_dir():
        return []
    widths = sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())
    return [folder / str(held) for held in widths if held > width]


def _damaged(where: str) -> InvalidProvenanceError:
    return InvalidProvenanceError(f"{where}: is damaged or cut; restore the log from a copy")
