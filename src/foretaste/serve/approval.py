"""What an approval signs: these rows, under this policy, as this report shows them.

The signature is the server's, over who decided what. A worker releases nothing without it, so a
row of the database alone lets nothing go.
"""

from __future__ import annotations

from collections.abc import Iterable

from foretaste.errors import InvalidProvenanceError
from foretaste.provenance import Envelope, Statement, Subject, sign_statement
from foretaste.provenance.documents import canonical
from foretaste.provenance.merkle import leaf_hash, root
from foretaste.serve.clock import moment, now
from foretaste.serve.home import APPROVAL, Home
from foretaste.serve.tables import Release

__all__ = ["RELEASE", "check_approval", "row_root", "sign_approval"]

RELEASE = "urn:foretaste:release:v1"


def row_root(rows: Iterable[tuple[int, str, str]]) -> str:
    """The Merkle root (hex) over rows: (number, digest, kind), in order of their numbers.

    Examples
    --------
    >>> one, other = (1, "cd", "mislabels"), (2, "ab", "mislabels")
    >>> row_root([other, one]) == row_root([one, other]) != row_root([one])
    True
    """
    leaves = [
        leaf_hash(canonical({"row": row, "digest": digest, "kind": kind}))
        for row, digest, kind in sorted(rows)
    ]
    return root(leaves).hex()


def sign_approval(home: Home, release: Release, by: int, at: str, names: dict[str, str]) -> str:
    """The signed approval, one line of a bundle.

    Parameters
    ----------
    by, at
        Who approves, and when.
    names
        What the numbers stand for, for whoever reads it elsewhere: project, dataset, entry,
        proposedBy, decidedBy.
    """
    subject = Subject(f"release {release.id}", {"sha256": release.row_root})
    statement = Statement((subject,), RELEASE, {**names, **_bound(release, by, at)})
    return sign_statement(statement, home.key("approval")).to_bytes().decode()


def check_approval(home: Home, release: Release, rows: Iterable[tuple[int, str, str]]) -> None:
    """Refuse a release that was not approved like this.

    Raises
    ------
    InvalidProvenanceError
        No signature counts, or it is about other rows, another policy or another report.
    """
    where = f"release {release.id}"
    if release.envelope is None or release.decided is None:
        raise InvalidProvenanceError(f"{where}: it carries no approval; nothing is released")
    envelope = Envelope.from_bytes(release.envelope.encode(), where)
    dated = moment(release.decided)
    objection = envelope.objection(home.trust, APPROVAL, dated, moment(now()))
    if objection is not None:
        raise InvalidProvenanceError(f"{where}: its approval does not count: {objection}")
    said = envelope.statement().predicate
    wrong = [
        name
        for name, value in _bound(release, release.decided_by, release.decided).items()
        if said.get(name) != value
    ]
    if wrong:
        raise InvalidProvenanceError(f"{where}: its approval is about another {wrong[0]}")
    if row_root(rows) != release.row_root:
        raise InvalidProvenanceError(f"{where}: its rows are not those that were approved")


def _bound(release: Release, by: int | None, at: str | None) -> dict[str, object]:
    return {
        "release": release.id,
        "run": release.run_id,
        "rows": release.size,
        "rowRoot": release.row_root,
        "policy": release.policy_sha256,
        "report": release.report_sha256,
        "proposer": release.proposed_by,
        "approver": by,
        "decided": at,
        "separationOfDuties": release.duties,
    }
