"""No string from the data becomes a tag, an attribute, a script or an invisible character."""

from __future__ import annotations

import html
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from foretaste.report import Report
from foretaste.report.visible import excerpt, shorten, visible
from foretaste.types import (
    Confirmation,
    Coverage,
    Exhibit,
    Field,
    Findings,
    Group,
    Kind,
    MapPoint,
    Policy,
    Rendering,
    Roles,
    SourceFinding,
    Span,
    Verdict,
)

Make = Callable[..., Report]

NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></svg></textarea><script>",
    "{{ 7*7 }}{% raw %}",
    "]]><!-- -->",
    '=HYPERLINK("http://a.example")',
    "\u202egnp.exe\u202c\u200b\ufeff\u2066",
    "\x1b[2J\x07\x00\r\n",
    "\ud800 lone",
    "<" * 5000,
    "javascript:alert(1)",
    "&lt;b&gt;&#60;",
)
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.sampled_from("<>&\"'`={}%/\\ab \n\t\u200b\u202e\x1b"), min_size=1, max_size=40),
    st.text(min_size=1, max_size=60),
)


def everywhere(make: Make, s: str) -> Report:
    """A report with `s` in every field that takes a string."""
    spans = Rendering(spans=(Span(s), Span(s, marked=True), Span(s)))
    cells = Rendering(fields=(Field(s, s), Field(s, s, marked=True)))
    broken = Rendering(png=s.encode("utf-8", "replace"))
    neighbours = [Exhibit(1, s, s, s, shown) for shown in (spans, cells, broken)]
    exhibits = tuple(Exhibit(0, s, s, s, n.shown, n) for n in neighbours)
    source = SourceFinding(s, 9, 3, 0.3, 0.1, 0.6, 0.01, guilty=True)
    groups = tuple(
        Group(
            name=s,
            kind=Kind.BACKDOOR,
            verdict=Verdict.CONFIRMED,
            rows=np.array([0, 1]),
            why=s,
            advice=s,
            p_value=0.001,
            target=s,
            expected_labels=((s, 0.5),),
            observed=2,
            expected=1,
            described=s,
            drawn=drawn,
            sources=(source,),
            confirmations=(Confirmation(s, s, 0.1, 0.1, 0.1, s),),
            exhibits=exhibits,
            found_by=(s,),
        )
        for drawn in (spans, cells, broken)
    )
    column = np.full(4, s, dtype=object)
    alone = np.array(["", "", s, s], dtype=object)
    return make(
        verdict=Verdict.CONFIRMED,
        groups=groups,
        sentence=s,
        findings=Findings(column, np.arange(4.0), np.ones(4, np.bool_), column, alone, column),
        n=4,
        sources=(source,),
        notes=(s,),
        blind_spots=(s,),
        power=(s,),
        name=s,
        digest=s,
        profile=s,
        roles=Roles(s, s, s, s, s, s, s, (s, s)),
        classes=((s, 4),),
        coverage=(
            Coverage(s, s, s, ran=True, reason=s),
            Coverage(s, s, s, ran=False, reason=s),
        ),
        policy=Policy(alpha=0.5),
        seconds={s: 1.0},
        versions={s: s, "foretaste": s},
        map_points=(MapPoint(0, 0, 0, s, s), MapPoint(1, 1, 1, s, "")),
    )


class Skeleton(HTMLParser):
    """The tags and attribute names of a page, in order, with the attributes that can act."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, ...]] = []
        self.acting: set[tuple[str, str]] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        for name, value in attrs:
            if name in {"src", "href", "style", "srcdoc", "action"} or name.startswith("on"):
                self.acting.add((name, (value or "")[:22]))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(("/" + tag,))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", data))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts)
@example(NASTY[0])
@example(NASTY[3])
def test_no_string_changes_the_page(make_report: Make, s: str) -> None:
    page = everywhere(make_report, s).to_html()
    shown, plain = Skeleton(page), Skeleton(everywhere(make_report, "x").to_html())
    assert shown.tags == plain.tags
    assert shown.acting == plain.acting
    assert all(c == "\n" or c.isprintable() for c in page)
    page.encode("utf-8")


def test_the_policy_admits_only_the_page_itself(poisoned_images: Report) -> None:
    page = poisoned_images.to_html()
    assert "default-src 'none'" in html.unescape(page)
    assert "unsafe-inline" not in page
    assert page.count("<script") == page.count("<style") == 1
    acting = Skeleton(page).acting
    assert {name for name, _ in acting} == {"src", "href"}
    assert {v for name, v in acting if name == "src"} == {"data:image/png;base64,"}
    assert all(v.startswith("#") for name, v in acting if name == "href")
    assert "http://" not in page
    assert "https://" not in page


@given(st.text())
def test_visible_text_has_nothing_hidden(s: str) -> None:
    assert visible(s).isprintable()


@given(st.text(max_size=400), st.integers(5, 100))
def test_shortened_text_is_short(s: str, limit: int) -> None:
    assert len(shorten(s, limit)) <= max(10 * limit, len("⟨U+10FFFF⟩") * limit)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve 日本 שלום", "naïve 日本 שלום"),
        ("c\u200bf", "c⟨U+200B⟩f"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u00a0b", "a⟨U+00A0⟩b"),
        ("a\u3164b\ufe0f", "a⟨U+3164⟩b⟨U+FE0F⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("two\nlines\tof", "two↵lines⇥of"),
    ],
)
def test_hidden_characters_are_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_mark_in_a_long_text_stays() -> None:
    spans = (Span("a" * 10_000), Span("trigger", marked=True), Span("b" * 10_000))
    kept = excerpt(spans)
    assert [s.text for s in kept if s.marked] == ["trigger"]
    assert sum(len(s.text) for s in kept) < 300


def test_a_notebook_gets_a_sandboxed_frame(make_report: Make) -> None:
    frame = everywhere(make_report, NASTY[1])._repr_html_()
    assert frame.startswith('<iframe sandbox="allow-scripts" srcdoc="')
    assert frame.count("<") == 2
