"""What a gate leaves behind: reports for people and machines, evidence, the signed record."""

from __future__ import annotations

import json

from foretaste.data.fixed_roles import fixed
from foretaste.errors import UnreadableDataError
from foretaste.gate.attestation import sign_record
from foretaste.gate.decision import Outcome
from foretaste.gate.junit import to_junit
from foretaste.gate.record import GateRecord
from foretaste.gate.run_folder import NewRun
from foretaste.gate.sarif import to_sarif
from foretaste.gate.settings import Settings
from foretaste.provenance import SigningKey, make_manifest, sign_manifest
from foretaste.report import Report
from foretaste.store import Evidence, HeldRow, Place
from foretaste.store.sealing import Seal

__all__ = ["findings_of", "keep_results", "signed_bundle", "write_results"]


def findings_of(report: Report, held: tuple[HeldRow, ...]) -> bytes:
    """What was found in the rows that leave, as a report that can be read on its own."""
    found = report.findings
    document = {
        "sentence": report.judgement.sentence,
        "rows": [
            {
                "row": row.row,
                "id": str(found.ids[row.row]),
                "kind": row.kind,
                "verdict": row.verdict,
                "group": row.group,
                "why": str(found.why[row.row]),
            }
            for row in held
        ],
        "report": report.to_dict(),
    }
    return json.dumps(document, sort_keys=True).encode()


def write_results(record: GateRecord, report: Report | None, run: NewRun) -> dict[str, bytes]:
    """Write the results into the run; returns them by name."""
    contents = {
        "gate.sarif": to_sarif(record.decision, record.data).encode(),
        "gate.junit.xml": to_junit(record.decision, record.data).encode(),
    }
    run.write(contents)
    if report is None:
        return contents
    report.save(run.folder)
    names = ("report.json", "report.html", "findings.parquet")
    return contents | {name: (run.folder / name).read_bytes() for name in names}


def keep_results(results: dict[str, bytes], place: Place, settings: Settings) -> dict[str, str]:
    """Keep the results as evidence; what shows rows is sealed like the rows themselves."""
    evidence, digests = Evidence(place), dict[str, str]()
    recipients = settings.quarantine.recipients
    for name, content in sorted(results.items()):
        if recipients and not name.startswith("gate."):
            digests[f"{name}.age"] = evidence.put(Seal(recipients).close(content))
        else:
            digests[name] = evidence.put(content)
    return digests


def signed_bundle(record: GateRecord, report: Report | None, run: NewRun, key: SigningKey) -> bytes:
    """The signed statements, one a line; for a pass with the manifest of the clean data set."""
    envelopes = sign_record(record, key)
    if record.outcome is Outcome.PASS and report is not None:
        roles, path = fixed(report.roles), run.clean
        manifest = make_manifest(
            str(path if record.is_folder else path / record.clean[0].name),
            name=record.data,
            label=roles["label"],
            source=roles["source"],
            id=roles["id"],
        )
        if {file.name: file.sha256 for file in manifest.files} != {
            file.name: file.sha256 for file in record.clean
        }:
            raise UnreadableDataError(
                f"{path}: what was written there has changed before it was signed; find out who "
                "can write there and run the gate again"
            )
        envelopes = (*envelopes, sign_manifest(manifest, key))
    return b"".join(envelope.to_bytes() + b"\n" for envelope in envelopes)
