"""The tampering table, signatures: manifests, keys, sources, versions, names and links."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.provenance.signed_data import NOW, Signed, new_key, trusted

from foretaste.errors import (
    ForetasteError,
    InvalidProvenanceError,
    UnreadableDataError,
    UsageError,
)
from foretaste.provenance import (
    DATA,
    Envelope,
    LogEntry,
    SigningKey,
    Trust,
    append,
    copy_log,
    find_manifest,
    load_key,
    load_trust,
    make_key,
    make_log,
    make_manifest,
    open_log,
    read_bundle,
    read_manifest,
    save_trust,
    sign_manifest,
    source_use,
    verify,
    write_bundle,
)
from foretaste.provenance.signing import LogPlace, sign_data
from foretaste.provenance.source_signatures import sign_source

DAY = dt.timedelta(days=1)


def kinds(signed: Signed, trust: Trust, at: dt.datetime = NOW) -> list[str]:
    return [c.kind.value for c in verify(signed.file, signed.bundle, trust, at=at).changes]


def edited(signed: Signed, edit: Callable[[dict[str, object]], None]) -> Envelope:
    """The bundle's envelope with another payload under the same signature."""
    (envelope,) = read_bundle(signed.bundle)
    document = json.loads(envelope.payload)
    edit(document["predicate"])
    return replace(envelope, payload=json.dumps(document).encode())


def reattribute(predicate: dict[str, object]) -> None:
    sources = predicate["sources"]
    assert isinstance(sources, list)
    sources[0]["name"], sources[1]["name"] = sources[1]["name"], sources[0]["name"]


EDITS: dict[str, Callable[[dict[str, object]], None]] = {
    "another version": lambda p: p.update(version=7),
    "a source's rows re-attributed": reattribute,
    "no expiry": lambda p: p.update(expires="2099-01-01T00:00:00Z"),
    "another trust tier": lambda p: p["sources"][0].update(trust="trusted"),  # type: ignore[index]
    "fewer columns": lambda p: p["columns"].pop(),  # type: ignore[attr-defined]
    "a space": lambda p: None,
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_altered_manifest_is_caught(signed: Signed, edit: str) -> None:
    envelope = edited(signed, EDITS[edit])
    found = verify(signed.file, [envelope], signed.trust, at=NOW).changes
    assert [c.kind.value for c in found] == ["signature"]
    assert "was altered" in found[0].sentence


def test_an_altered_manifest_with_other_files_says_two_things(signed: Signed) -> None:
    envelope = edited(signed, lambda p: p.update(files=[]))
    with pytest.raises(InvalidProvenanceError, match="names other files or rows"):
        verify(signed.file, [envelope], signed.trust, at=NOW)


def test_signatures_that_do_not_count(signed: Signed) -> None:
    stranger = new_key("ci")
    assert kinds(signed, Trust((trusted(stranger),))) == ["signature"]
    assert kinds(signed, Trust()) == ["signature"]
    assert kinds(signed, Trust((trusted(signed.key, "log"),))) == ["key"]
    write_bundle(signed.bundle, [replace(read_bundle(signed.bundle)[0], signatures=())])
    assert kinds(signed, signed.trust) == ["signature"]


def test_one_good_signature_among_others_counts(signed: Signed) -> None:
    (envelope,) = read_bundle(signed.bundle)
    other = sign_manifest(make_manifest(signed.file, created=NOW), new_key())
    signatures = (*other.signatures, *envelope.signatures)
    write_bundle(signed.bundle, [replace(envelope, signatures=signatures)])
    assert kinds(signed, signed.trust) == []


def test_a_revoked_key(signed: Signed) -> None:
    revoked = signed.trust.revoke("ci", NOW + DAY, "laptop lost")
    found = verify(signed.file, signed.bundle, revoked, at=NOW + 2 * DAY).changes
    assert [c.kind.value for c in found] == ["key"]
    assert "key 'ci' was revoked on 2026-05-02T12:00:00Z (laptop lost)" in found[0].sentence


def test_a_rotated_key_counts_for_what_it_signed_before(signed: Signed) -> None:
    successor = new_key("ci")
    rotated = signed.trust.rotate("ci", trusted(successor), NOW + DAY)
    assert kinds(signed, rotated, NOW + 2 * DAY) == []
    late = sign_manifest(make_manifest(signed.file, created=NOW + 2 * DAY), signed.key)
    write_bundle(signed.bundle, [late])
    assert kinds(signed, rotated, NOW + 2 * DAY) == ["key"]
    write_bundle(signed.bundle, [sign_manifest(make_manifest(signed.file), successor)])
    assert rotated.named("ci").key == successor.public
    assert kinds(signed, rotated, NOW + 999 * DAY) == []


def test_expired_keys_and_manifests(signed: Signed) -> None:
    key = replace(signed.trust.keys[0], expires=NOW + DAY)
    assert kinds(signed, Trust((key,)), NOW) == []
    assert kinds(signed, Trust((key,)), NOW + DAY) == ["key"]
    short = make_manifest(signed.file, created=NOW, expires=NOW + DAY)
    write_bundle(signed.bundle, [sign_manifest(short, signed.key)])
    assert kinds(signed, signed.trust, NOW) == []
    assert kinds(signed, signed.trust, NOW + DAY) == ["expired"]


def test_a_signature_from_before_the_key_was_made(signed: Signed) -> None:
    young = replace(signed.trust.keys[0], created=NOW + DAY)
    assert kinds(signed, Trust((young,)), NOW + 2 * DAY) == ["key"]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda p: p["columns"].append(p["columns"][0]), "columns"),
        (lambda p: p["sources"].append(p["sources"][0]), "sources"),
        (lambda p: p["sources"][0].update(rows=7), "as many as its ranges have"),
        (lambda p: p["sources"][0].update(ranges=[[50, 150]]), "no row has two sources"),
        (lambda p: p["sources"][0].update(ranges=[[0, 10**6]]), "pairs of row numbers"),
        (lambda p: p["sources"][0].update(ranges=[[True, 5]]), "pairs of row numbers"),
        (lambda p: p.update(rows=-1), "a whole number from 0"),
        (lambda p: p.update(rows=2**63), "a whole number from 0"),
        (lambda p: p.update(rows=1.0), "a whole number from 0"),
        (lambda p: p.update(rowRoot="AB" * 32), "64 hexadecimal digits"),
        (lambda p: p.update(created="yesterday"), "a time such as"),
        (lambda p: p.update(name="\ud800"), "a string"),
        (lambda p: p.update(rowHash="rowhash/v2"), "rowhash/v1"),
        (lambda p: p.update(manifestVersion=2), "which this foretaste knows"),
    ],
)
def test_manifests_that_cannot_be(
    signed: Signed, edit: Callable[[dict[str, object]], None], problem: str
) -> None:
    with pytest.raises(InvalidProvenanceError, match=problem):
        read_manifest(edited(signed, edit))


# --- versions and the log ---------------------------------------------------------------------


def test_an_older_version_put_back_is_a_replay(signed: Signed, tmp_path: Path) -> None:
    """Old data with its old, valid bundle: only the log knows better."""
    make_log(tmp_path / "log", "x", signed.key)
    place = LogPlace(tmp_path / "log", signed.trust, (tmp_path / "copy",))
    first = sign_data(signed.file, signed.key, at=NOW, log=place)
    old = {p: p.read_bytes() for p in (signed.file, signed.bundle, tmp_path / "train.parquet.rows")}
    pq.write_table(signed.table.slice(10), signed.file)
    second = sign_data(signed.file, signed.key, at=NOW + DAY, log=place)
    assert (second.manifest.version, second.manifest.previous) == (
        first.manifest.version + 1,
        replace(second.manifest.previous, sha256=first.envelope.digest),  # type: ignore[type-var]
    )

    def found() -> list[str]:
        opened = open_log(tmp_path / "log")
        checked = verify(signed.file, signed.bundle, signed.trust, log=opened,
                         copies=[tmp_path / "copy"], at=NOW + DAY)  # fmt: skip
        return [f"{c.kind}: {c.sentence}" for c in checked.changes]

    assert found() == []
    for path, content in old.items():
        path.write_bytes(content)
    assert kinds(signed, signed.trust) == []
    assert found() == [
        "replayed: version 2 was replayed: the log knows version 3 of 2026-05-02T12:00:00Z"
    ]


def test_versions_that_the_log_does_not_have(signed: Signed, tmp_path: Path) -> None:
    make_log(tmp_path / "log", "x", signed.key)

    def found() -> list[str]:
        opened = open_log(tmp_path / "log")
        return [c.kind.value for c in verify(
            signed.file, signed.bundle, signed.trust, log=opened, at=NOW).changes]  # fmt: skip

    assert found() == ["not logged"]
    other = LogEntry("manifest", "train.parquet", 1, "0" * 64, NOW)
    append(tmp_path / "log", [other], signed.key, signed.trust)
    assert found() == ["not logged"]


def test_a_log_that_does_not_hold_fails_the_data(signed: Signed, tmp_path: Path) -> None:
    make_log(tmp_path / "log", "x", signed.key)
    place = LogPlace(tmp_path / "log", signed.trust)
    sign_data(signed.file, signed.key, at=NOW, log=place)
    copy_log(open_log(tmp_path / "log"), tmp_path / "copy")
    tile = tmp_path / "log/tile/entries/000.p/1"
    tile.write_bytes(tile.read_bytes().replace(b'"version":2', b'"version":9'))
    checked = verify(signed.file, signed.bundle, signed.trust, log=open_log(tmp_path / "log"),
                     copies=[tmp_path / "copy"], at=NOW)  # fmt: skip
    assert [c.kind.value for c in checked.changes] == ["log", "log"]
    assert checked.changes[0].sentence == "entry 0 of the log was rewritten"


# --- sources ----------------------------------------------------------------------------------


def with_source(signed: Signed, vendor: SigningKey, source: str = "vendor 1") -> Trust:
    (envelope,) = read_bundle(signed.bundle)
    manifest = make_manifest(signed.file, created=NOW)
    write_bundle(signed.bundle, [envelope, sign_source(manifest, source, vendor, NOW)])
    return Trust((*signed.trust.keys, trusted(vendor, source_use("vendor 1"))))


def test_a_source_signs_its_own_rows(signed: Signed) -> None:
    assert kinds(signed, with_source(signed, new_key("vendor"))) == []


def test_a_source_signature_left_out(signed: Signed) -> None:
    trust = with_source(signed, new_key("vendor"))

    def found() -> list[str | None]:
        checked = verify(signed.file, signed.bundle, trust, at=NOW, require_sources=["vendor 1"])
        return [c.source for c in checked.changes if c.kind.value == "source signature"]

    assert found() == []
    write_bundle(signed.bundle, read_bundle(signed.bundle)[:1])
    assert found() == ["vendor 1"]


def test_rows_given_to_a_source_by_who_signs_the_set(signed: Signed) -> None:
    """The key of the set is honest to its own signature, and the source's shows the lie."""
    trust = with_source(signed, new_key("vendor"))
    source = read_bundle(signed.bundle)[1]
    names = signed.table["vendor"].to_pylist()
    names[0] = "vendor 1"
    table = signed.table.set_column(3, "vendor", [names])
    pq.write_table(table, signed.file)
    resigned = sign_manifest(make_manifest(signed.file, created=NOW), signed.key)
    write_bundle(signed.bundle, [resigned, source])
    (found,) = verify(signed.file, signed.bundle, trust, at=NOW).changes
    assert (found.kind.value, found.source) == ("source signature", "vendor 1")
    assert "covers other rows (100; the manifest has 101)" in found.sentence


def test_a_key_of_one_source_signs_for_no_other(signed: Signed) -> None:
    trust = with_source(signed, new_key("vendor"), source="vendor 2")
    (found,) = verify(signed.file, signed.bundle, trust, at=NOW).changes
    assert "may sign source:vendor 1, not source:vendor 2" in found.sentence


def test_a_key_of_a_source_signs_no_set(signed: Signed) -> None:
    vendor = new_key("vendor")
    write_bundle(signed.bundle, [sign_manifest(make_manifest(signed.file, created=NOW), vendor)])
    assert kinds(signed, Trust((trusted(vendor, source_use("vendor 1")),))) == ["key"]


def test_sources_told_by_ranges(signed: Signed) -> None:
    spans = {"a": [(0, 100), (200, 300)], "b": [(100, 200)]}
    manifest = make_manifest(signed.file, source="", source_rows=spans, created=NOW)
    assert [(s.name, s.rows, s.ranges) for s in manifest.sources] == [
        ("a", 200, ((0, 100), (200, 300))),
        ("b", 100, ((100, 200),)),
    ]
    write_bundle(signed.bundle, [sign_manifest(manifest, signed.key)])
    assert kinds(signed, signed.trust) == []
    lying = replace(manifest, sources=(replace(manifest.sources[0], ranges=((0, 100), (300, 400))),
                                       manifest.sources[1]))  # fmt: skip
    write_bundle(signed.bundle, [sign_manifest(lying, signed.key)])
    assert kinds(signed, signed.trust) == ["source"]


# --- names, links, files of keys --------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../up.csv", "/etc/passwd", "a//b", "a\\b", "C:x", "a\x00b", ".", ""]
)
def test_names_that_lead_elsewhere_are_refused(signed: Signed, name: str) -> None:
    def rename(predicate: dict[str, object]) -> None:
        predicate["files"][0]["name"] = name  # type: ignore[index]

    with pytest.raises(InvalidProvenanceError, match="stays below the folder"):
        verify(signed.file, [edited(signed, rename)], signed.trust, at=NOW)


def test_links_are_neither_signed_nor_verified(signed: Signed, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    pq.write_table(signed.table, folder / "a.parquet")
    (folder / "b.parquet").symlink_to(folder / "a.parquet")
    with pytest.raises(UnreadableDataError, match="symbolic link"):
        make_manifest(folder)
    moved = signed.file.rename(tmp_path / "elsewhere.parquet")
    signed.file.symlink_to(moved)
    with pytest.raises(UnreadableDataError, match="symbolic link"):
        signed.verify()


def test_a_pickle_is_not_signed(tmp_path: Path, signed: Signed) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(UnreadableDataError, match="pickles can run code"):
        sign_data(tmp_path / "model.pkl", signed.key)


def test_files_missing_added_and_replaced(tmp_path: Path, signed: Signed) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("a", "b", "c"):
        pq.write_table(signed.table.slice(0, 50), folder / f"{name}.parquet")
    made = sign_data(folder, signed.key, at=NOW)
    (folder / "b.parquet").unlink()
    pq.write_table(signed.table.slice(7, 50), folder / "c.parquet")
    pq.write_table(signed.table.slice(0, 3), folder / "d.parquet")
    found = verify(folder, made.bundle, signed.trust, at=NOW).changes
    assert [(c.kind.value, c.file) for c in found if c.file] == [
        ("file missing", "b.parquet"),
        ("file changed", "c.parquet"),
        ("file added", "d.parquet"),
    ]


def test_private_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    made = make_key(tmp_path / "ci.pem")
    assert load_key(tmp_path / "ci.pem").public == made.public
    os.chmod(tmp_path / "ci.pem", 0o640)  # noqa: PTH101 - as an administrator would
    with pytest.raises(UsageError, match=r"others may read .*chmod 600"):
        load_key(tmp_path / "ci.pem")
    with pytest.raises(UsageError, match="never overwritten"):
        make_key(tmp_path / "ci.pem")
    (tmp_path / "link.pem").symlink_to(tmp_path / "ci.pem")
    with pytest.raises(UsageError, match="symbolic link"):
        load_key(tmp_path / "link.pem")


def test_a_passphrase_closes_a_key(tmp_path: Path) -> None:
    made = make_key(tmp_path / "ci.pem", b"secret")
    assert load_key(tmp_path / "ci.pem", b"secret").public == made.public
    for wrong in (None, b"other"):
        with pytest.raises(UsageError, match="FORETASTE_KEY_PASSPHRASE"):
            load_key(tmp_path / "ci.pem", wrong)


def test_a_trust_file_reads_back(tmp_path: Path, signed: Signed) -> None:
    trust = signed.trust.rotate("ci", trusted(new_key("ci"), DATA), NOW).revoke("ci", NOW, "é")
    save_trust(tmp_path / "trust.json", trust)
    assert load_trust(tmp_path / "trust.json") == trust
    document = json.loads((tmp_path / "trust.json").read_text("utf-8"))
    document["keys"][0]["pem"] = document["keys"][1]["pem"]
    (tmp_path / "trust.json").write_text(json.dumps(document))
    with pytest.raises(InvalidProvenanceError, match="the id of its key"):
        load_trust(tmp_path / "trust.json")


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b'{"payload":1}', b'{"payload":"!","payloadType":"x","signatures":[]}',
     b'{"a":1,"a":1}', b'{"a":NaN}', b"\xff", b"[" * 100_000, b'{"a":' * 5_000, b"null"],
)  # fmt: skip
def test_malformed_bundles_are_one_clear_error(signed: Signed, line: bytes) -> None:
    signed.bundle.write_bytes(b"\n" + line + b"\n")
    with pytest.raises(InvalidProvenanceError, match="line 2") as caught:
        signed.verify()
    assert caught.value.exit_code == 4


def test_bundles_without_a_manifest(signed: Signed) -> None:
    signed.bundle.write_bytes(b"\n\n")
    with pytest.raises(InvalidProvenanceError, match="holds no statement"):
        signed.verify()
    signed.bundle.unlink()
    with pytest.raises(ForetasteError, match="sign the data first"):
        signed.verify()


def test_two_manifests_of_one_version(signed: Signed) -> None:
    (envelope,) = read_bundle(signed.bundle)
    other = sign_manifest(
        make_manifest(signed.table, name="train.parquet", created=NOW), signed.key
    )
    write_bundle(signed.bundle, [envelope, other])
    with pytest.raises(InvalidProvenanceError, match="two different manifests of version 1"):
        find_manifest(read_bundle(signed.bundle))


def test_url_safe_base64_is_read_too(signed: Signed) -> None:
    (envelope,) = read_bundle(signed.bundle)
    line = json.loads(envelope.to_bytes())
    for entry in line["signatures"]:
        entry["sig"] = base64.urlsafe_b64encode(base64.b64decode(entry["sig"])).decode()
    signed.bundle.write_text(json.dumps(line))
    assert signed.verify().ok
