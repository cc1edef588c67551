"""Images: encoded ones, whatever the format and mode, and arrays."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from PIL import Image

from foretaste.data import Dataset, open_dataset
from foretaste.errors import UnreadableDataError
from foretaste.types import Images

RAMP = np.linspace(0, 255, 20 * 10 * 3).reshape(20, 10, 3).astype(np.uint8)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def opened(images: Sequence[bytes | None]) -> Dataset:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    column = pa.array([{"bytes": image, "path": "/etc/passwd"} for image in images], kind)
    return open_dataset(pa.table({"image": column, "label": ["a"] * len(images)}), image="image")


def pixels(images: Sequence[bytes | None]) -> npt.NDArray[np.uint8]:
    content = opened(images).content()
    assert isinstance(content, Images)
    return content.values


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims any size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "WEBP", "JPEG", "PPM"])
def test_formats(kind: str) -> None:
    values = pixels([encoded(Image.fromarray(RAMP), kind)])
    assert values.shape == (1, 20, 10, 3)
    assert np.abs(values[0].astype(int) - RAMP).mean() < 20


@pytest.mark.parametrize(
    ("mode", "channels"), [("L", 1), ("1", 1), ("LA", 1), ("RGB", 3), ("RGBA", 3), ("P", 3)]
)
def test_modes(mode: str, channels: int) -> None:
    image = Image.fromarray(RAMP).convert(mode)
    assert pixels([encoded(image)]).shape == (1, 20, 10, channels)


def test_sixteen_bit_grey_is_scaled_by_its_range() -> None:
    deep = np.array([[0, 32768, 65535]], dtype=np.uint16)
    assert pixels([encoded(Image.fromarray(deep))])[0, :, :, 0].tolist() == [[0, 128, 255]]


def test_alpha_is_dropped_and_not_blended() -> None:
    hidden = np.dstack([RAMP, np.zeros((20, 10), np.uint8)])
    np.testing.assert_array_equal(pixels([encoded(Image.fromarray(hidden))])[0], RAMP)


def test_grey_among_colour_becomes_colour_and_odd_sizes_follow_the_most_frequent() -> None:
    small = Image.new("L", (5, 5), 200)
    values = pixels(
        [encoded(Image.fromarray(RAMP)), encoded(Image.fromarray(RAMP)), encoded(small)]
    )
    assert values.shape == (3, 20, 10, 3)
    assert (values[2] == 200).all()


def test_large_images_are_reduced_by_area() -> None:
    board = np.kron(np.indices((64, 128)).sum(axis=0) % 2, np.ones((2, 2))) * 255
    data = opened([encoded(Image.fromarray(board.astype(np.uint8)))])
    content = data.content()
    assert isinstance(content, Images)
    assert content.values.shape == (1, 32, 64, 1)
    assert content.original == (128, 256)
    assert np.abs(content.values.astype(int) - 128).max() <= 1


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (None, "no image bytes"),
        (b"", "no image bytes"),
        (b"hello", "not a readable image"),
        (encoded(Image.fromarray(RAMP))[:-40], "damaged or truncated"),
        (bomb(8_000, 7_000), "8000 × 7000 pixels, the limit is 50 megapixels"),
        (bomb(60_000, 60_000), "limit of 50 megapixels"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a readable image"),
    ],
)
def test_refused(image: bytes | None, told: str) -> None:
    data = opened([encoded(Image.fromarray(RAMP)), image])
    with pytest.raises(UnreadableDataError) as error:
        data.content()
    message = str(error.value)
    assert "1 of 2 images" in message
    assert f"row 1: {told}" in message or told in message
    assert "remove these rows" in message


def test_only_the_first_few_bad_images_are_listed() -> None:
    with pytest.raises(UnreadableDataError, match=r"20 of 20 .*row 4.*; \.\.\.;"):
        opened([b"x"] * 20).content()


def test_binary_column_that_starts_like_an_image_is_found() -> None:
    data = open_dataset({"anything": [encoded(Image.fromarray(RAMP))], "label": ["a"]})
    assert data.roles.image == "anything"


# --- folders --------------------------------------------------------------------------------


def folder(root: Path, files: Sequence[str]) -> Path:
    for number, file in enumerate(files):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), number).save(root / file)
    return root


def test_folder_of_classes(tmp_path: Path) -> None:
    root = folder(tmp_path, ["dog/a.png", "cat/deep/b.png", ".hidden/c.png", "cat/.d.png"])
    (root / "README.md").write_text("about")
    (root / "cat" / "notes.doc").write_text("?")
    data = open_dataset(root)
    assert data.labels()[1] == ("cat", "dog")
    assert data.ids().tolist() == ["cat/deep/b.png", "dog/a.png"]
    content = data.content()
    assert isinstance(content, Images)
    assert content.values[:, 0, 0, 0].tolist() == [1, 0]
    assert "1 files are of other formats" in data.warnings[0]
    assert data.take([1]).labels()[1] == ("dog",)


def test_damaged_file_is_named(tmp_path: Path) -> None:
    root = folder(tmp_path, ["a/x.png"])
    (root / "a" / "y.png").write_bytes(b"no")
    with pytest.raises(UnreadableDataError, match=r"row 1 \(a/y.png\): not a readable image"):
        open_dataset(root).content()


def test_image_without_class_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataError, match=r"x.png: .* no class folder; put it into"):
        open_dataset(folder(tmp_path, ["x.png", "a/y.png"]))


def test_single_image(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataError, match=r"x.png: single images have no label; give the"):
        open_dataset(folder(tmp_path, ["x.png"]) / "x.png")


@pytest.mark.parametrize("target", ["file", "folder"])
def test_link_out_of_the_folder(tmp_path: Path, target: str) -> None:
    outside = folder(tmp_path / "outside", ["s/secret.png"])
    root = folder(tmp_path / "in", ["a/x.png"])
    goal = outside / "s" / "secret.png" if target == "file" else outside
    (root / "a" / "link.png").symlink_to(goal)
    with pytest.raises(UnreadableDataError, match=r"link.png: the link leads out .* remove the"):
        open_dataset(root)


def test_link_within_the_folder_is_fine(tmp_path: Path) -> None:
    root = folder(tmp_path, ["a/x.png", "b/y.png"])
    (root / "b" / "z.png").symlink_to(root / "a" / "x.png")
    assert len(open_dataset(root)) == 3


def test_broken_link(tmp_path: Path) -> None:
    root = folder(tmp_path, ["a/x.png"])
    (root / "a" / "z.png").symlink_to(root / "a" / "gone.png")
    with pytest.raises(UnreadableDataError, match=r"z.png: .* broken link; remove it"):
        open_dataset(root)


# --- arrays ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "shape", "top"),
    [
        (np.full((3, 8, 6), 200, np.uint8), (3, 8, 6, 1), 200),
        (np.full((3, 8, 6), 1, np.uint8), (3, 8, 6, 1), 1),
        (np.full((3, 8, 6), 0.5, np.float32), (3, 8, 6, 1), 128),
        (np.full((3, 8, 6, 3), 200.0), (3, 8, 6, 3), 200),
        (np.full((3, 3, 8, 6), 200, np.int64), (3, 8, 6, 3), 200),
        (np.full((3, 8, 6, 4), 9, np.uint8), (3, 8, 6, 3), 9),
        (np.ones((3, 8, 6), bool), (3, 8, 6, 1), 255),
        (np.full((3, 8, 6), 0.5, np.float16), (3, 8, 6, 1), 128),
        (np.full((3, 128, 64, 1), 7, np.uint8), (3, 64, 32, 1), 7),
        (np.stack([np.full((8, 6), -1.0), np.ones((8, 6)), np.ones((8, 6))]), (3, 8, 6, 1), 255),
    ],
)
def test_arrays(X: npt.NDArray[Any], shape: tuple[int, ...], top: int) -> None:
    data = open_dataset((X, np.array([0, 1, 1])))
    content = data.content()
    assert isinstance(content, Images)
    assert content.values.shape == shape
    assert content.values.max() == top
    assert bool(data.warnings) == (X.min() < 0)
    assert data.take([2, 0]).row_digests() == [data.row_digests()[i] for i in (2, 0)]


def test_pixels_that_are_nan() -> None:
    X = np.zeros((3, 4, 4))
    X[2, 1, 1] = np.nan
    with pytest.raises(UnreadableDataError, match=r"row 2 .* NaN .*drop the row"):
        open_dataset((X, [0, 1, 1])).content()


def test_seven_channels() -> None:
    with pytest.raises(UnreadableDataError, match=r"7 channels; give"):
        open_dataset((np.zeros((2, 9, 9, 7)), [0, 1])).content()
