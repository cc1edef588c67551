"""Whatever names and cells hold, the page of a drill shows it and runs nothing."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from foretaste.drill.power import answers, power_of
from foretaste.report.drill_report import DrillReport
from foretaste.report.trials import PLACEBO, Harm, Trial
from foretaste.types import Modality, Policy, Roles, Verdict

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&{{7*7}}\u202e\x00"


def trials() -> tuple[Trial, ...]:
    harm = Harm(0.0, 0.9, 0.1, 0.9, 0.9, 0.9, works=True, ended=True, tested=50)
    told = {"trigger": EVIL, "found": EVIL, "target": EVIL, "source": EVIL, "guilty": (EVIL,)}
    planted = [
        Trial("patch", "f", rows, 0, planted=rows, hits=rows, noticed=rows > 10, harm=harm, **told)  # type: ignore[arg-type]
        for rows in (10, 25)
    ]
    placebo = Trial("placebo-one", PLACEBO, 0, 0, noticed=True, trigger=EVIL, found=EVIL)
    untold = Trial("placebo-two", PLACEBO, 0, 0, reason=EVIL)
    away = Trial("blend", "f", 10, 0, reason=EVIL)
    return (*planted, placebo, untold, away)


@pytest.fixture
def report() -> DrillReport:
    held = trials()
    return DrillReport(
        name=EVIL,
        modality=Modality.TABLE,
        roles=Roles(label=EVIL, source=EVIL),
        rows=900,
        rows_used=400,
        digest=EVIL,
        profile=EVIL,
        policy=Policy(),
        seed=0,
        seeds=1,
        verdict=Verdict.SUSPECT,
        blocked=True,
        flagged=3,
        sentence=EVIL,
        planned=6,
        trials=held,
        power=power_of(held),
        answers=answers(held),
        notes=(EVIL,),
        seconds=1.0,
        versions={"foretaste": EVIL, EVIL: "1"},
    )


class Seen(HTMLParser):
    """The elements of a page, where it links to, and its security policy."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        held = dict(attrs)
        if held.get("http-equiv") == "Content-Security-Policy":
            self.policy = held["content"] or ""
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}


def test_no_element_comes_from_the_data(report: DrillReport) -> None:
    page = report.to_html()
    seen = Seen()
    seen.feed(page)
    assert not seen.tags & {"script", "img", "iframe", "object", "link", "base", "form"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert all(link.startswith("#") for link in seen.links)
    assert "&lt;script&gt;" in page
    assert "{{7*7}}" in page
    assert not re.search("[\x00\u202e]", page)


def test_the_page_admits_no_script_and_draws_the_power(report: DrillReport) -> None:
    page = report.to_html()
    seen = Seen()
    seen.feed(page)
    assert "default-src 'none'" in seen.policy
    assert "script-src" not in seen.policy
    assert "prefers-color-scheme" in page
    assert page.count('<svg class="power"') == 1
    assert page.count('class="dot') == 2


def test_the_summary_is_one_line_a_thing(report: DrillReport) -> None:
    text = str(report)
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "1 of 1 honest look-alike raised one" in text
    assert "Not complete: 5 of 6 trials were run." in text


def test_saved_it_is_a_page_and_strict_json(report: DrillReport, tmp_path: Path) -> None:
    report.save(tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["drill.html", "drill.json"]
    document = json.loads((tmp_path / "out" / "drill.json").read_text())
    assert document["exit_code"] == report.exit_code == 1
    assert document["false_alarms"] == {"alarms": 1, "placebos": 1}
    assert document["name"] == EVIL
