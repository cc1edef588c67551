"""Models that answer from elsewhere: a server that takes plain JSON, a chat endpoint, a command.

What is sent is content and nothing else: no label, id or source.
"""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from foretaste.errors import NotAssessableError, UsageError
from foretaste.gate.posting import NoAnswerError, check_address, post_json, shown_address
from foretaste.golden.content import as_columns, png
from foretaste.types import Content, Images, Texts

__all__ = ["command_model", "http_model", "openai_model", "rows_as_json"]

TOKEN = "FORETASTE_MODEL_TOKEN"  # noqa: S105 - the name of a variable of the environment
_SECONDS, _COMMAND_SECONDS = 60.0, 900.0
_TRIES, _WAIT = 3, 0.5
_AT_ONCE, _TOGETHER = 8, 100


def rows_as_json(content: Content) -> list[Any]:
    """A text, an object of columns, or {"image": base64 PNG} for each row.

    Examples
    --------
    >>> import numpy as np
    >>> rows_as_json(Texts(np.array(["a b"], dtype=object)))
    ['a b']
    """
    if isinstance(content, Texts):
        return [str(text) for text in content.values.tolist()]
    if isinstance(content, Images):
        return [{"image": base64.b64encode(png(row)).decode()} for row in content.values]
    columns = {name: values.to_pylist() for name, values in as_columns(content, "").items()}
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def http_model(url: str) -> Callable[[Content], list[Any]]:
    """POST {"inputs": [row, ...]}; the server says {"predictions": [label, ...]}."""
    check_address(url, "model")

    def ask(content: Content) -> list[Any]:
        rows, said = rows_as_json(content), list[Any]()
        for start in range(0, len(rows), _TOGETHER):
            answer = _post(url, {"inputs": rows[start : start + _TOGETHER]})
            predictions = answer.get("predictions")
            if not isinstance(predictions, list):
                raise NotAssessableError(
                    f"model {shown_address(url)}: the answer holds no list 'predictions' "
                    f"({str(answer)[:120]})"
                )
            said += predictions
        return said

    return ask


def openai_model(told: str, classes: Sequence[str]) -> Callable[[Content], list[Any]]:
    """Ask a chat endpoint for one class name a row, at temperature 0.

    Parameters
    ----------
    told
        ``http(s)://host/v1#model``.
    """
    base, _, model = told.partition("#")
    check_address(base, "model openai:")
    if not model:
        raise UsageError(
            f"model: expected openai:http(s)://host/v1#model, got {shown_address(told)!r:.120}"
        )
    asked = f"Classify the input. Answer with exactly one of: {', '.join(classes)}"
    exact = {name.casefold(): name for name in classes}

    def one(row: Any) -> str:
        content = row if isinstance(row, str) else _shown(row)
        answer = _post(
            f"{base.rstrip('/')}/chat/completions",
            {
                "model": model,
                "temperature": 0,
                "messages": [
                    {"role": "system", "content": asked},
                    {"role": "user", "content": content},
                ],
            },
        )
        try:
            said = str(answer["choices"][0]["message"]["content"]).strip()
        except (KeyError, IndexError, TypeError) as error:
            raise NotAssessableError(
                f"model {shown_address(base)}: the answer holds no choices[0].message.content"
            ) from error
        return exact.get(said.strip(" .\"'").casefold(), said)

    def ask(content: Content) -> list[Any]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(one, rows_as_json(content)))

    return ask


def _shown(row: dict[str, Any]) -> Any:
    """A row of a table as JSON text; a picture as the endpoint takes pictures."""
    if "image" not in row or len(row) > 1:
        return json.dumps(row, ensure_ascii=False)
    address = f"data:image/png;base64,{row['image']}"
    return [{"type": "image_url", "image_url": {"url": address}}]


def command_model(command: str) -> Callable[[Content], list[Any]]:
    """Run a command: a row of JSON a line on its stdin, a label a line on its stdout."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(
            f"model: cmd:{command!r:.120} is no command ({error}); quote it as a shell would"
        ) from error
    if not words:
        raise UsageError("model: cmd: names no command; give cmd:python predict.py")

    def ask(content: Content) -> list[Any]:
        sent = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows_as_json(content))
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command, without a shell
                words,
                input=sent.encode(),
                capture_output=True,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotAssessableError(f"model: {command!r:.120} cannot be run: {error}") from error
        if done.returncode:
            tail = done.stderr.decode("utf-8", "replace").strip()[-300:]
            raise NotAssessableError(f"model: {command!r:.120} left with {done.returncode}: {tail}")
        lines = done.stdout.decode("utf-8", "replace").split("\n")
        return [_plain(line) for line in lines if line.strip()]

    return ask


def _plain(line: str) -> Any:
    """A line as JSON where it is a text or a number of JSON, else as it is."""
    try:
        value = json.loads(line)
    except ValueError:
        return line.strip()
    return value if isinstance(value, str) else line.strip()


def _post(url: str, document: dict[str, Any]) -> dict[str, Any]:
    token = os.environ.get(TOKEN)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body, shown = json.dumps(document).encode(), shown_address(url)
    for tried in range(1, _TRIES + 1):
        try:
            held = json.loads(post_json(url, body, headers, _SECONDS))
            break
        except NoAnswerError as error:
            if tried == _TRIES or error.lasting:
                raise NotAssessableError(f"model {shown}: did not answer ({error})") from error
            time.sleep(_WAIT * 2**tried)
        except (ValueError, RecursionError) as error:
            raise NotAssessableError(f"model {shown}: the answer is no JSON ({error})") from error
    if not isinstance(held, dict):
        raise NotAssessableError(f"model {shown}: the answer is no JSON object")
    return held
