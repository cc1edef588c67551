"""Who may do what: one table, deny by default.

::

    role            may                                                  never
    contributor     submit, see own findings                             release, see thresholds
    steward         triage, propose and approve a release                approve the own
    ML engineer     run the gate, read released data and reports         release, hidden canaries
    security owner  policy, canaries, trigger packs (two persons)        release
    auditor         read all, verify the log, export                     write
    admin           people, tokens, projects, backups                    release, policy, the log
    service         one thing in one project                             sign in
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foretaste.serve.clock import is_past

__all__ = ["HUMAN", "MAY", "SERVICE", "Held", "Role", "Verb"]


class Role(StrEnum):
    """What a person or a service is to a project."""

    CONTRIBUTOR = "contributor"
    STEWARD = "steward"
    ML_ENGINEER = "ml-engineer"
    SECURITY_OWNER = "security-owner"
    AUDITOR = "auditor"
    ADMIN = "admin"
    CI = "ci"
    INGEST = "ingest"
    PROMOTE = "promote"


class Verb(StrEnum):
    """What a route needs."""

    LIST = "project.list"
    SUBMIT = "data.submit"
    SEE_OWN = "finding.read-own"
    RUN = "gate.run"
    SEE = "report.read"
    SEE_POLICY = "policy.read"
    TRIAGE = "review.triage"
    PROPOSE = "release.propose"
    APPROVE = "release.approve"
    TAKE = "data.read-released"
    PROMOTE = "model.request-promotion"
    CONTROL = "control.edit"  # policy, canaries, trigger packs
    SEE_HIDDEN = "canary.read-hidden"
    AUDIT = "audit.read"
    MANAGE = "people.manage"  # people, grants, tokens, projects


_MEMBER = frozenset({Verb.LIST})
MAY: dict[Role, frozenset[Verb]] = {
    Role.CONTRIBUTOR: _MEMBER | {Verb.SUBMIT, Verb.SEE_OWN},
    Role.STEWARD: _MEMBER
    | {Verb.SUBMIT, Verb.RUN, Verb.SEE, Verb.SEE_POLICY, Verb.TRIAGE, Verb.PROPOSE, Verb.APPROVE},
    Role.ML_ENGINEER: _MEMBER | {Verb.RUN, Verb.SEE, Verb.SEE_POLICY, Verb.TAKE, Verb.PROMOTE},
    Role.SECURITY_OWNER: _MEMBER | {Verb.SEE, Verb.SEE_POLICY, Verb.CONTROL, Verb.SEE_HIDDEN},
    Role.AUDITOR: _MEMBER | {Verb.SEE, Verb.SEE_POLICY, Verb.SEE_HIDDEN, Verb.TAKE, Verb.AUDIT},
    Role.ADMIN: _MEMBER | {Verb.MANAGE},
    Role.CI: frozenset({Verb.RUN}),
    Role.INGEST: frozenset({Verb.SUBMIT}),
    Role.PROMOTE: frozenset({Verb.PROMOTE}),
}
SERVICE = frozenset({Role.CI, Role.INGEST, Role.PROMOTE})
HUMAN = frozenset(Role) - SERVICE


@dataclass(frozen=True)
class Held:
    """A role, and where it holds: everywhere, in one project, for one data set."""

    role: Role
    project_id: int | None = None
    dataset_id: int | None = None
    expires: str | None = None

    def covers(self, project_id: int | None, dataset_id: int | None) -> bool:
        """Whether it holds there; what is asked of the whole server needs a role everywhere.

        Examples
        --------
        >>> Held(Role.STEWARD, 1).covers(1, 7), Held(Role.STEWARD, 1).covers(2, 8)
        (True, False)
        >>> Held(Role.STEWARD, 1, 7).covers(1, None), Held(Role.ADMIN).covers(None, None)
        (False, True)
        """
        if is_past(self.expires):
            return False
        if self.project_id is None:
            return True
        return self.project_id == project_id and self.dataset_id in {None, dataset_id}

    def allows(self, verb: Verb, project_id: int | None, dataset_id: int | None) -> bool:
        """Whether it gives the right to `verb` there."""
        return verb in MAY[self.role] and self.covers(project_id, dataset_id)
