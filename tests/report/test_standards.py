"""The mapping to the catalogues of others: whole, versioned, and modest."""

from __future__ import annotations

import re

import pytest

from foretaste.report.standards import catalogues, supports, version
from foretaste.types import Kind

PATTERNS = {
    "MITRE ATLAS": r"AML\.T\d{4}(\.\d{3})?",
    "NIST AI 100-2e2025": r"NISTAML\.\d{2,3}",
    "OWASP ML Security Top 10 2023": r"ML\d{2}:2023",
    "OWASP Top 10 for LLM Applications 2025": r"LLM\d{2}:2025",
}


@pytest.mark.parametrize("kind", [*Kind, "provenance"])
def test_every_kind_of_attack_is_mapped(kind: str) -> None:
    found = supports(str(kind))
    assert bool(found) is (kind is not Kind.MISLABEL)  # an honest mistake is no attack
    for reference in found:
        assert re.fullmatch(PATTERNS[reference.catalogue], reference.id)


def test_catalogues_are_named_and_versioned() -> None:
    assert set(catalogues()) == set(PATTERNS)
    assert re.fullmatch(r"\d{4}\.\d+", version())
