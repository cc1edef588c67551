"""An encoder from an ONNX file: code-free, so a file of others may be run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foretaste.errors import UnreadableDataError, UsageError
from foretaste.modality.own_encoder import as_input, as_planes
from foretaste.types import Content, Modality, Texts

__all__ = ["read_onnx"]


def read_onnx(path: Path, modality: Modality) -> tuple[str, Callable[[Content], Any]]:
    """The name, with the digest of the file, and what asks it.

    The network must have one input: texts as (n,) strings, images as (n, channels, height,
    width) float32 from 0 to 1, tables as (n, d) float32. Its first output is used, flattened.

    Raises
    ------
    UnreadableDataError
        Where the file is no ONNX network.
    UsageError
        Where it has more than one input, or takes no text where rows are texts.
    """
    import numpy as np  # noqa: PLC0415  # beside the optional one
    import onnxruntime  # noqa: PLC0415  # optional

    data = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # same sums everywhere
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own errors share no root
        said = str(error).splitlines()[0][:200]
        raise UnreadableDataError(f"encoder: {path} is no ONNX network: {said}") from error
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(i.name for i in inputs)
        raise UsageError(f"encoder: {path} must have one input, it has {len(inputs)}: {names}")
    if (inputs[0].type == "tensor(string)") != (modality is Modality.TEXT):
        raise UsageError(
            f"encoder: {path} takes {inputs[0].type}, rows are {modality.value}; "
            "texts need a network with its own tokens inside"
        )

    def ask(content: Content) -> Any:
        if isinstance(content, Texts):
            given = np.array(as_input(content), dtype=object)
        else:
            given = as_planes(content)
        told = np.asarray(session.run(None, {inputs[0].name: given})[0])
        return told.reshape(len(told), -1)

    return f"{path.name} (sha256 {hashlib.sha256(data).hexdigest()[:16]})", ask
