"""Static word vectors that come inside a package: no download when a scan runs.

The weights of WordLlama (MIT licence): 32,000 word pieces, 256 numbers each. They are read
directly, as the package's own loader looks for files in the network.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from foretaste.errors import MissingExtraError
from foretaste.modality.own_encoder import as_input
from foretaste.types import Content

__all__ = ["word_vectors"]

PIECES = 512  # of a text; the rest says little more
NEEDS = ("wordllama", "safetensors", "tokenizers")


def word_vectors() -> tuple[str, Callable[[Content], Any]]:
    """The name with its version, and what turns texts into the mean vector of their pieces."""
    if any(importlib.util.find_spec(name) is None for name in NEEDS):
        raise MissingExtraError("the packaged encoder of texts", "words")
    from safetensors.numpy import load_file  # noqa: PLC0415  # optional
    from tokenizers import Tokenizer  # noqa: PLC0415  # optional

    spec = importlib.util.find_spec("wordllama")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    vectors = load_file(root / "weights" / "l2_supercat_256.safetensors")["embedding.weight"]
    table = vectors.astype(np.float32)
    pieces = Tokenizer.from_file(str(root / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    pieces.enable_truncation(PIECES)

    def ask(content: Content) -> Any:
        codes = [e.ids for e in pieces.encode_batch(as_input(content), add_special_tokens=False)]
        return np.stack([table[c].mean(axis=0) if c else np.zeros(table.shape[1]) for c in codes])

    return f"wordllama {metadata.version('wordllama')}", ask
