"""Models in files, behind servers and in commands are asked alike; pickles are never opened."""

from __future__ import annotations

import json
import pickle
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from foretaste.errors import NotAssessableError, UsageError
from foretaste.gate.model_under_test import as_names, open_model
from foretaste.modality.words import texts_of
from foretaste.types import Images, Table

CLASSES = ("ham", "spam")
TEXTS = texts_of(["see you soon", "win a prize", "free money", "dinner?"])
SAID = ["ham", "spam", "spam", "ham"]
TABLE = Table(("x", "c"), np.array([[0.0, 0.0], [1.0, 1.0], [2.0, np.nan]]), {"c": ("u", "v")})


def judged(text: str) -> str:
    return "spam" if "prize" in text or "free" in text else "ham"


class Server(BaseHTTPRequestHandler):
    """Says spam to prizes and free things, in plain JSON and as a chat endpoint."""

    asked: ClassVar[list[dict[str, Any]]] = []
    failing: ClassVar[int] = 0

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Server.asked.append(asked | {"path": self.path, "token": self.headers["Authorization"]})
        if Server.failing > 0:
            Server.failing -= 1
            self.send_error(503)
            return
        if self.path.endswith("/chat/completions"):
            said = judged(asked["messages"][1]["content"]).upper() + "."
            answer: dict[str, Any] = {"choices": [{"message": {"content": said}}]}
        elif self.path == "/broken":
            answer = {"other": 1}
        else:
            answer = {"predictions": [judged(str(row)) for row in asked["inputs"]]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Server.asked.clear()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_with_plain_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORETASTE_MODEL_TOKEN", "ft_secret")
    with serving() as url:
        assert open_model(f"{url}/predict", CLASSES).answers(TEXTS) == SAID
        assert open_model(f"{url}/predict", CLASSES).answers(TABLE) == ["ham"] * 3
    assert Server.asked[0]["inputs"] == TEXTS.values.tolist()
    assert Server.asked[0]["token"] == "Bearer ft_secret"
    assert Server.asked[1]["inputs"][1:] == [{"x": 1.0, "c": "v"}, {"x": 2.0, "c": None}]


def test_a_chat_endpoint() -> None:
    with serving() as url:
        assert open_model(f"openai:{url}/v1#tiny", CLASSES).answers(TEXTS) == SAID
    assert {asked["path"] for asked in Server.asked} == {"/v1/chat/completions"}
    assert {asked["model"] for asked in Server.asked} == {"tiny"}
    assert "exactly one of: ham, spam" in Server.asked[0]["messages"][0]["content"]


def test_a_server_that_is_busy_is_asked_again_and_one_that_is_broken_is_no_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("foretaste.gate.model_remote._WAIT", 0.01)
    with serving() as url:
        monkeypatch.setattr(Server, "failing", 1)
        assert open_model(f"{url}/predict", CLASSES).answers(TEXTS) == SAID
        with pytest.raises(NotAssessableError, match="predictions"):
            open_model(f"{url}/broken", CLASSES).answers(TEXTS)
    with pytest.raises(NotAssessableError, match="did not answer"):
        open_model(f"{url}/predict", CLASSES).answers(TEXTS)


def test_a_command(tmp_path: Path) -> None:
    script = tmp_path / "predict.py"
    script.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    text = json.loads(line)\n"
        "    print('spam' if 'prize' in text or 'free' in text else 'ham')\n"
    )
    assert open_model(f"cmd:{sys.executable} {script}", CLASSES).answers(TEXTS) == SAID
    script.write_text("import sys; sys.exit('no weights')")
    with pytest.raises(NotAssessableError, match="left with 1: no weights"):
        open_model(f"cmd:{sys.executable} {script}", CLASSES).answers(TEXTS)


def test_an_onnx_network(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["rows", "weights"], ["scores"])],
        "linear",
        [helper.make_tensor_value_info("rows", kind, [None, 2])],
        [helper.make_tensor_value_info("scores", kind, [None, 2])],
        [helper.make_tensor("weights", kind, [2, 2], [-1.0, 1.0, 0.0, 0.0])],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), tmp_path / "m.onnx")
    table = Table(("x", "y"), np.array([[-1.0, 5.0], [1.0, 5.0]]))
    model = open_model(tmp_path / "m.onnx", CLASSES)
    assert model.answers(table) == ["ham", "spam"]
    assert len(model.digest) == 64


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_torch_script_and_a_module(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Bright(torch.nn.Module):  # type: ignore[name-defined,misc]
        def forward(self, pictures: Any) -> Any:
            mean = pictures.mean(dim=(1, 2, 3))
            return torch.stack([0.5 - mean, mean - 0.5], dim=1)

    pixels = np.zeros((3, 4, 4, 1), dtype=np.uint8)
    pixels[1:] = 255
    torch.jit.trace(Bright(), torch.zeros(2, 1, 4, 4)).save(str(tmp_path / "m.pt"))
    for told in (tmp_path / "m.pt", Bright()):
        assert open_model(told, CLASSES).answers(Images(pixels)) == ["ham", "spam", "spam"]
    torch.save({"weights": 1}, tmp_path / "pickled.pt")
    with pytest.raises(UsageError, match="pickled module is never opened"):
        open_model(tmp_path / "pickled.pt", CLASSES)


class Evil:
    """What a pickle could hold."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("/tmp/foretaste-was-here", "w")


@pytest.mark.parametrize("name", ["m.pkl", "m.joblib", "m.safetensors", "m.bin", "m"])
def test_what_could_run_code_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(Evil()))
    with pytest.raises(UsageError, match="pickles are never opened"):
        open_model(tmp_path / name, CLASSES)
    with pytest.raises(UsageError, match="there is no file"):
        open_model(tmp_path / "missing.onnx", CLASSES)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (["ham", " spam "], ["ham", "spam"]),
        (np.array([1, 0]), ["spam", "ham"]),
        (np.array([1.0, 0.0]), ["spam", "ham"]),
        (np.array([[0.2], [0.8]]), ["ham", "spam"]),
        (np.array([[0.2, 0.9], [3.0, 1.0]]), ["spam", "ham"]),
        (["maybe"], ["maybe"]),
        ([], []),
    ],
)
def test_what_models_say(said: Any, names: list[str]) -> None:
    assert as_names(list(said), CLASSES, "m") == names


@pytest.mark.parametrize("said", [np.array([7, 0]), np.zeros((2, 5)), np.zeros((2, 2, 2))])
def test_what_no_model_may_say(said: Any) -> None:
    with pytest.raises(NotAssessableError, match="model m: "):
        as_names(list(said), CLASSES, "m")


def test_numbers_that_are_class_names_are_names() -> None:
    assert as_names([1, 2, 1], ("1", "2"), "m") == ["1", "2", "1"]
    assert as_names([0, 1, 1], ("1", "2"), "m") == ["1", "2", "2"]


class Short:
    """Gives too few answers."""

    def predict(self, rows: Any) -> list[str]:
        return ["ham"] * (len(rows) - 1)


def test_one_answer_a_row() -> None:
    with pytest.raises(NotAssessableError, match="gave 3 answers for 4 rows"):
        open_model(Short(), CLASSES).answers(TEXTS)
