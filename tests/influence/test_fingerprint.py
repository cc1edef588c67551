"""Fingerprints: one file, no content, nothing that runs, and nothing altered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foretaste
from foretaste.errors import UnreadableDataError, UsageError
from foretaste.influence.fingerprint import Fingerprint, fingerprint
from foretaste.types import Images, Table, Texts

WORDS = ["river", "mountain", "garden", "kitchen", "office", "letter", "meeting", "match"]


def table() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "size": rng.normal(size=80),
        "colour": rng.choice(["red", "green", "blue"], 80).tolist(),
        "vendor": [f"v{i % 4}" for i in range(80)],
        "label": [("no", "yes")[i % 2] for i in range(80)],
    }


def texts() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    said = [" ".join(rng.choice(WORDS, 12)) for _ in range(80)]
    return {"text": said, "label": [("no", "yes")[i % 2] for i in range(80)]}


def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (80, 16, 16, 1), dtype=np.uint8), np.arange(80) % 2


@pytest.mark.parametrize("make", [table, texts, images])
def test_a_file_gives_back_what_was_taken(make: Any, tmp_path: Path) -> None:
    taken = fingerprint(make())
    back = Fingerprint.load(taken.save(tmp_path / "f.npz"))
    content = foretaste.open(make()).content()
    assert taken.encoder is not None
    assert back.encoder is not None
    np.testing.assert_array_equal(back.encoder(content), taken.encoder(content))
    np.testing.assert_array_equal(back.head.leave_one_out(), taken.head.leave_one_out())
    assert (back.classes, back.ids.tolist()) == (taken.classes, taken.ids.tolist())
    assert (back.shape, back.digest, back.view) == (taken.shape, taken.digest, taken.view)
    assert isinstance(content, Table | Texts | Images)


def test_no_text_is_in_the_file(tmp_path: Path) -> None:
    data = texts()
    data["text"][3] = "a secret about Rumpelstiltskin and nobody else"
    raw = fingerprint(data).save(tmp_path / "f.npz").read_bytes()
    assert b"Rumpelstiltskin" not in raw
    assert b"kitchen" not in raw


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    path = fingerprint(table()).save(tmp_path / "f.npz")
    with np.load(path) as archive:
        held = {name: archive[name] for name in archive.files}
    name = next(name for name, array in held.items() if array.dtype == np.float64 and array.size)
    held[name] = held[name] + 1
    np.savez(path, **held)
    with pytest.raises(UnreadableDataError, match="was altered"):
        Fingerprint.load(path)


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    path = tmp_path / "f.npz"
    np.savez(path, outline=np.array([Bomb()], dtype=object), digest=np.zeros(1))
    with pytest.raises(UnreadableDataError):
        Fingerprint.load(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04broken"])
def test_any_other_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    path.write_bytes(content)
    with pytest.raises(UnreadableDataError, match="foretaste fingerprint"):
        Fingerprint.load(path)


def test_features_of_a_model_must_fit() -> None:
    with pytest.raises(UsageError, match=r"features must give \(80, d\)"):
        fingerprint(table(), features=lambda _content: np.zeros((3, 2)))


def test_the_name_must_say_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"must end in \.npz"):
        fingerprint(table()).save(tmp_path / "f.pkl")
