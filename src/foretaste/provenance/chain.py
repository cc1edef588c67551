"""The way from raw data to a training set: walked backwards, each link signed, and drawn."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from foretaste.errors import UsageError
from foretaste.provenance.attestation import Envelope, read_bundle
from foretaste.provenance.changes import Change, ChangeKind
from foretaste.provenance.manifest import PREDICATE, Manifest, read_manifest
from foretaste.provenance.transformations import Material, Transformation, read_transformation
from foretaste.provenance.trust import DATA, Trust

__all__ = ["Chain", "Link", "gather", "walk_chain"]

_MAX_LINKS = 500  # data sets


@dataclass(frozen=True)
class Link:
    """A data set of the chain, and the steps that made it (none: it is raw)."""

    material: Material
    manifest: Manifest | None  # None where it is not among the bundles
    steps: tuple[Transformation, ...] = ()


@dataclass(frozen=True)
class Chain:
    """All data sets that went into one, by the digest of their manifests, and what is wrong."""

    output: str  # digest of the manifest at the end
    links: dict[str, Link]
    changes: tuple[Change, ...]

    @property
    def raw(self) -> tuple[Link, ...]:
        """The data sets that no step made: where the data came from."""
        return tuple(link for link in self.links.values() if not link.steps)

    def tree(self) -> str:
        """The chain as text, the output first; what was drawn before is not drawn again."""
        return "\n".join(_branch(self, self.output, "", "", set())) + "\n"

    def mermaid(self) -> str:
        """The chain as a Mermaid flow chart, which Markdown viewers draw."""
        names = {digest: f"d{at}" for at, digest in enumerate(self.links)}
        lines = ["flowchart TD"]
        for digest, link in self.links.items():
            lines.append(f'  {names[digest]}["{_quoted(_title(link))}"]')
        for digest, link in self.links.items():
            for step in link.steps:
                lines += [
                    f'  {names[m.sha256]} -->|"{_quoted(step.code.name)}"| {names[digest]}'
                    for m in step.inputs
                ]
        return "\n".join(lines) + "\n"


def gather(paths: Iterable[str | os.PathLike[str]]) -> tuple[Envelope, ...]:
    """The envelopes of bundles, and of all bundles below folders."""
    envelopes: list[Envelope] = []
    for path in map(Path, paths):
        bundles = sorted(path.rglob("*.intoto.jsonl")) if path.is_dir() else [path]
        if not bundles:
            raise UsageError(f"{path}: there is no *.intoto.jsonl below it; name another folder")
        for bundle in bundles:
            envelopes += read_bundle(bundle)
    return tuple(envelopes)


def walk_chain(
    output: Envelope, pool: Iterable[Envelope], trust: Trust, at: dt.datetime | None = None
) -> Chain:
    """Follow the steps from a signed manifest back to raw data.

    Parameters
    ----------
    output
        The manifest at the end.
    pool
        All statements that are known; their order does not matter.
    trust
        Manifests and steps count only if they are signed by a key that may sign data.
    at
        The moment of verification; now by default.

    Returns
    -------
    Chain
        With one `Change` for each link that is missing or does not count.
    """
    moment = at or dt.datetime.now(dt.UTC)
    held = [*pool, output]
    manifests = {e.digest: e for e in held if e.statement().predicate_type == PREDICATE}
    steps: dict[str, list[tuple[Transformation, Envelope]]] = {}
    for envelope in {e.payload: e for e in held}.values():
        step = read_transformation(envelope)
        if step is not None:
            steps.setdefault(step.output.sha256, []).append((step, envelope))
    links: dict[str, Link] = {}
    changes: list[Change] = []
    waiting = [Material(read_manifest(output).name, output.digest)]
    while waiting and len(links) < _MAX_LINKS:
        material = waiting.pop(0)
        if material.sha256 in links:
            continue
        found = manifests.get(material.sha256)
        made = tuple(step for step, _ in steps.get(material.sha256, ()))
        manifest = None if found is None else read_manifest(found)
        links[material.sha256] = Link(material, manifest, made)
        changes += _objections(material, found, steps.get(material.sha256, ()), trust, moment)
        waiting += [needed for step in made for needed in step.inputs]
    if waiting:
        raise UsageError(f"chain: has more than {_MAX_LINKS:,} data sets; verify parts of it")
    return Chain(output.digest, links, tuple(changes))


def _objections(
    material: Material,
    found: Envelope | None,
    steps: Iterable[tuple[Transformation, Envelope]],
    trust: Trust,
    at: dt.datetime,
) -> Iterator[Change]:
    if found is None:
        yield _broken(
            f"the manifest of {material.name!r} ({material.sha256[:16]}…) is missing: "
            "it was altered, or its bundle was not given"
        )
    else:
        dated = read_manifest(found).created
        objection = found.objection(trust, DATA, dated, at)
        if objection is not None:
            yield _broken(f"the manifest of {material.name!r} does not count: {objection}")
        known = {tuple(m.sha256 for m in step.inputs) for step, _ in steps}
        if read_manifest(found).inputs not in known | {()}:
            yield _broken(f"the step that made {material.name!r} is missing: its bundle was cut")
    for step, envelope in steps:
        objection = envelope.objection(trust, DATA, step.finished, at)
        if objection is not None:
            yield _broken(f"the step that made {material.name!r} does not count: {objection}")


def _broken(sentence: str) -> Change:
    return Change(ChangeKind.CHAIN, sentence)


def _branch(chain: Chain, digest: str, first: str, rest: str, drawn: set[str]) -> Iterator[str]:
    link = chain.links[digest]
    if digest in drawn:
        yield f"{first}{_title(link)} (above)"
        return
    drawn.add(digest)
    yield first + _title(link)
    for step in link.steps:
        yield f"{rest}made by {step.code.name} (sha256 {step.code.sha256[:12]}…) from"
        for at, material in enumerate(step.inputs):
            last = at == len(step.inputs) - 1
            mark, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
            yield from _branch(chain, material.sha256, rest + mark, rest + below, drawn)


def _title(link: Link) -> str:
    if link.manifest is None:
        return f"{link.material.name} (manifest missing)"
    rows = f"{link.manifest.rows:,} rows"
    raw = "" if link.steps else ", raw"
    return f"{link.manifest.name}, version {link.manifest.version}, {rows}{raw}"


def _quoted(text: str) -> str:
    """Text that cannot leave its quotes in a Mermaid chart."""
    safe = (c if c.isalnum() or c in " .,-_/()…" else f"#{ord(c)};" for c in text)
    return "".join(safe)
