"""Text files must be UTF-8; the first byte that is not is named."""

from __future__ import annotations

import codecs
from pathlib import Path

from foretaste.errors import UnreadableDataError

__all__ = ["MAX_ROW_BYTES", "check_text_file"]

MAX_ROW_BYTES = 64 * 1024**2
_CHUNK = 4 * 1024**2


def check_text_file(file: Path) -> None:
    """Refuse a file that is empty, not UTF-8, or has a line above 64 MiB.

    Raises
    ------
    UnreadableDataError
        Names the file and the byte.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = line_start = 0
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                _decode(decoder, chunk, offset, file)
                line_start = _next_line(chunk, offset, line_start, file)
                offset += len(chunk)
            _decode(decoder, b"", offset, file)
    except OSError as error:
        raise UnreadableDataError(f"{file}: {error.strerror}; check the path") from error
    if offset == 0:
        raise UnreadableDataError(f"{file}: the file is empty; give a file with rows")


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, offset: int, file: Path) -> None:
    kept = len(decoder.getstate()[0])
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        at = offset - kept + error.start
        raise UnreadableDataError(
            f"{file}: byte {at} (0x{error.object[error.start]:02x}) is not UTF-8; "
            f"save the file as UTF-8, for example: {_guess(at, error.object)}"
        ) from error


def _guess(at: int, data: bytes) -> str:
    wide = at == 0 and data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return "iconv -f utf-16 -t utf-8" if wide else "iconv -f latin1 -t utf-8"


def _next_line(chunk: bytes, offset: int, line_start: int, file: Path) -> int:
    """Where the last line begun in `chunk` starts; checks the length of lines that end in it."""
    last = chunk.rfind(b"\n")
    end = offset + (chunk.find(b"\n") if last >= 0 else len(chunk))
    if end - line_start > MAX_ROW_BYTES:
        raise UnreadableDataError(
            f"{file}: the row at byte {line_start} is longer than 64 MiB; "
            "remove it, or keep large values in Parquet"
        )
    return offset + last + 1 if last >= 0 else line_start
