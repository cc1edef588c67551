"""The model gate on one screen: may this model take the place of the one in use?

::

    golden set ─► answers of both ─► accuracy a slice, hidden half, flips, triggers ─► policy
                  record, page, SARIF, JUnit ─► signed ─► published in one step
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data import Dataset
from foretaste.errors import ForetasteError, UsageError
from foretaste.gate import model_checks as checks
from foretaste.gate.decision import Check, Decision, Outcome
from foretaste.gate.golden_check import settings_pool
from foretaste.gate.junit import to_junit
from foretaste.gate.model_comparison import (
    Attack,
    Flips,
    Halves,
    compare_halves,
    compare_slices,
    count_flips,
)
from foretaste.gate.model_page import model_page
from foretaste.gate.model_record import ComparedModel, ModelRecord, model_record_json, sign_model
from foretaste.gate.model_triggers import (
    Unportable,
    library_attacks,
    read_findings,
    recovered_attacks,
)
from foretaste.gate.model_under_test import ModelUnderTest, open_model
from foretaste.gate.run_folder import BUNDLE, RunFolder
from foretaste.gate.sarif import to_sarif
from foretaste.gate.settings import Settings
from foretaste.golden.pool import GoldenPool
from foretaste.golden.slices import slices_of
from foretaste.provenance import load_key

__all__ = ["ModelGateResult", "gate_model"]

Names = npt.NDArray[np.object_]


@dataclass(frozen=True)
class ModelGateResult:
    """What was decided, and where it stands."""

    record: ModelRecord
    folder: Path

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 inconclusive."""
        return self.record.outcome.exit_code


def gate_model(
    settings: Settings,
    challenger: Any,
    champion: Any = None,
    *,
    findings: Path | None = None,
    seed: int = 0,
) -> ModelGateResult:
    """May the challenger take the place of the champion?

    Parameters
    ----------
    settings
        Of `load_settings`: name the golden set, the policy and the key that signs.
    challenger, champion
        A file, an address, a command (see `open_model`), a torch module or an object with
        ``predict``; the champion of the settings by default.
    findings
        report.json of a scan, or its folder: triggers that it recovered are tried.
    seed
        Of the golden rows that recovered triggers are stamped on.

    Raises
    ------
    foretaste.errors.ForetasteError
        It could not be decided: no golden set, a model that does not answer. Nothing is published.
    """
    key, pool = load_key(settings.path(settings.gate.key)), settings_pool(settings)
    stated = champion if champion is not None else settings.model.champion
    if isinstance(stated, str) and not stated:
        raise UsageError("[model] champion: no model in use is named; name one, or --champion")
    trusted, classes = settings.model.trusted_types, pool.manifest.classes
    models = [open_model(one, classes, trusted_types=trusted) for one in (stated, challenger)]
    trial = _Trial(settings, pool, *models)
    record = trial.record(findings, seed)
    runs = RunFolder(settings.path(settings.model.out), settings.gate.keep)
    with runs.new() as run:
        decision, name = record.decision, record.challenger.name
        run.write(
            {
                "gate.json": model_record_json(record),
                "gate.sarif": to_sarif(decision, name).encode(),
                "gate.junit.xml": to_junit(decision, name).encode(),
                "model.html": model_page(record).encode(),
                BUNDLE: sign_model(record, key),
            }
        )
        folder = runs.publish(run, record.run)
    return ModelGateResult(record, folder)


@dataclass(frozen=True)
class _Trial:
    """One comparison under way."""

    settings: Settings
    pool: GoldenPool
    champion: ModelUnderTest
    challenger: ModelUnderTest

    def record(self, findings: Path | None, seed: int) -> ModelRecord:
        """Ask both, and judge."""
        policy = self.settings.model
        shown, golden, why = self._golden()
        labels = _labels(golden)
        one, other = (self._ask(model, golden) for model in (self.champion, self.challenger))
        columns = pa.Table.from_batches(list(golden.blocks()), golden.rows.schema)
        parts = {name: columns.column(name).to_pylist() for name in self.pool.manifest.slices}
        slices = compare_slices(
            list(slices_of(parts, len(golden))),
            labels,
            one,
            other,
            alpha=policy.alpha,
            margin=policy.margin,
        )
        halves = None if why else _halves(other == labels, shown)
        flips, against = self._flips(one[:shown], other[:shown])
        attacks, lost, refused = self._attacks(golden, findings, seed)
        found = (
            checks.check_slices(slices, policy),
            checks.check_halves(halves, why),
            checks.check_flips(flips, policy, against),
            checks.check_attacks(attacks, lost, refused, policy),
        )
        compared = _compared(self.champion, one), _compared(self.challenger, other)
        record = self._made(found, compared, seed)
        return replace(
            record, rows=len(golden), slices=slices, flips=flips, halves=halves, attacks=attacks
        )

    def _made(
        self, found: tuple[Check, ...], compared: tuple[ComparedModel, ComparedModel], seed: int
    ) -> ModelRecord:
        decision, made = Decision(found), datetime.now(UTC)
        return ModelRecord(
            run=f"{made:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            made=made.isoformat(timespec="seconds"),
            champion=compared[0],
            challenger=compared[1],
            golden=self.pool.manifest.digest,
            period=self.pool.manifest.period,
            settings=self.settings.model_digest,
            outcome=decision.outcome,
            sentence=_sentence(decision),
            checks=found,
            seed=seed,
            foretaste=metadata.version("foretaste"),
        )

    def _golden(self) -> tuple[int, Dataset, str]:
        """Shown rows first, then hidden ones: how many are shown, all of them, what is missing."""
        shown = self.pool.table("golden")
        try:
            hidden = self.pool.table("hidden", self.settings.path(self.settings.golden.key))
        except ForetasteError as error:
            return shown.num_rows, self.pool.as_dataset(shown), str(error)
        both = pa.concat_tables([shown, hidden])
        return shown.num_rows, self.pool.as_dataset(both), ""

    def _ask(self, model: ModelUnderTest, golden: Dataset) -> Names:
        return np.array(model.answers(golden.content()), dtype=object)

    def _flips(self, champion: Names, challenger: Names) -> tuple[Flips, str]:
        """Against the answers that are kept, where some are; else against the champion as it is."""
        if self.pool.manifest.part("probes") is None:
            return count_flips(champion.tolist(), challenger.tolist()), self.champion.name
        kept = self.pool.table("probes").column("foretaste_answer").to_pylist()
        return count_flips(kept, challenger.tolist()), f"{self.pool.manifest.champion} when signed"

    def _attacks(
        self, golden: Dataset, findings: Path | None, seed: int
    ) -> tuple[tuple[Attack, ...], tuple[Unportable, ...], tuple[Unportable, ...]]:
        """What triggers do; those that could not be tried; those that a model does not take."""
        most, alpha = self.settings.model.max_attack_success, self.settings.model.alpha
        ask = self.challenger.answers
        made, refused = library_attacks(
            self.pool, ask, self.champion.answers, most=most, alpha=alpha
        )
        if findings is None:
            return made, (), refused
        recovered, lost = read_findings(findings)
        more, unfit = recovered_attacks(
            recovered, golden, ask, self.champion.answers, most=most, alpha=alpha, seed=seed
        )
        return (*more, *made), (*lost, *unfit), refused


def _sentence(decision: Decision) -> str:
    if decision.outcome is Outcome.PASS and not decision.findings:
        return "nothing that was looked at stands against the challenger"
    return decision.sentence


def _halves(right: Any, shown: int) -> Halves:
    return compare_halves(right[:shown], right[shown:])


def _compared(model: ModelUnderTest, answers: Names) -> ComparedModel:
    said = hashlib.sha256("\n".join(map(str, answers.tolist())).encode()).hexdigest()
    return ComparedModel(model.name, model.digest or said, bool(model.digest))


def _labels(golden: Dataset) -> Names:
    codes, names = golden.labels()
    return np.array(names, dtype=object)[codes]
