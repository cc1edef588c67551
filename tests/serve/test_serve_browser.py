"""The whole way in a real browser: upload, run, review with the keyboard, four eyes, the proof.

Set FORETASTE_SCREENSHOTS to a folder to look at the pages.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.serve.world import rows_csv

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking")  # fmt: skip
SECRETS = {"ada": "the analytical engine", "grace": "a moth in the relay"}
WAIT = 120_000  # ms

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")


@dataclass(frozen=True)
class Live:
    """A server that runs as anybody would start it."""

    address: str
    token: str


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("live") / "home"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "foretaste", "serve", "--home", f"{home}", "--port", f"{port}"]
    with (
        (home.parent / "stderr").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        told = ""
        while "serves" not in told:
            line = process.stdout.readline()
            assert line, (home.parent / "stderr").read_text()
            told += line
        token = re.search(r"ft_\S+", told)
        assert token is not None
        _wait_for("127.0.0.1", port)
        yield Live(f"http://127.0.0.1:{port}", token[0])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in {0, -signal.SIGTERM}


def _wait_for(host: str, port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


def sign_in(browser: Browser, live: Live, name: str = "", **how: object) -> Page:
    """A browser of its own, signed in; complaints of the browser fail the test."""
    page = browser.new_context(base_url=live.address, **how).new_page()  # type: ignore[arg-type]
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("console", lambda told: pytest.fail(told.text) if told.type == "error" else None)
    page.goto("/signin")
    page.fill("[name=name]", name)
    page.fill("[name=secret]", SECRETS.get(name, live.token))
    page.click("button.main")
    expect(page.locator("h1")).to_have_text("Overview")
    return page


def shoot(page: Page, name: str) -> None:
    """Keep a picture of a page, light and dark, for people to look at."""
    folder = os.environ.get("FORETASTE_SCREENSHOTS")
    for scheme in ("dark", "light") if folder else ():
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=Path(str(folder)) / f"{name}-{scheme}.png", full_page=True)


def test_from_upload_to_release(browser: Browser, live: Live, tmp_path: Path) -> None:
    root = sign_in(browser, live)
    _add_stewards(root)
    ada = sign_in(browser, live, "ada")
    _upload(ada, tmp_path)
    _review_with_keys(ada)
    _second_person_approves(browser, live)
    _log_proves_it(root)


def _add_stewards(root: Page) -> None:
    root.goto("/people")
    for name, secret in SECRETS.items():
        form = root.locator("form[action='/people']")
        form.locator("[name=name]").fill(name)
        form.locator("[name=password]").fill(secret)
        form.locator("button").click()
        form = root.locator("form[action='/people/roles']")
        form.locator("[name=person]").select_option(name)
        form.locator("[name=role]").select_option("steward")
        form.locator("[name=project]").select_option("main")
        form.locator("button").click()
    expect(root.locator("text=steward in main")).to_have_count(2)
    shoot(root, "people")


def _upload(ada: Page, folder: Path) -> None:
    file = folder / "rows.csv"
    file.write_bytes(rows_csv())
    ada.click("text=main")
    ada.fill("[name=name]", "spring")
    ada.click("button:has-text('Add')")
    shoot(ada, "dataset-empty")
    ada.set_input_files("[name=file]", file)
    ada.click("button:has-text('Upload')")
    expect(ada.locator("[role=status]")).to_contain_text("a run of it is queued")
    ada.click("text=Run 1")
    expect(ada.locator("a.card.group").first).to_be_visible(timeout=WAIT)  # it looks again
    shoot(ada, "run")


def _review_with_keys(ada: Page) -> None:
    ada.keyboard.press("j")
    ada.keyboard.press("Enter")
    expect(ada.locator(".trigger")).to_contain_text("q9")
    shoot(ada, "group")
    ada.keyboard.press("c")
    expect(ada.locator("[role=status]")).to_contain_text("opinion")
    expect(ada.locator("text=ada: clean")).to_be_visible()
    ada.keyboard.press("r")
    ada.keyboard.type("q9 is a code of the new warehouse, the labels are right")
    ada.keyboard.press("Enter")
    expect(ada.locator("[role=status]")).to_contain_text("Somebody else decides")
    expect(ada.locator(".release")).to_contain_text("you proposed it, so somebody else approves")
    expect(ada.locator("button:has-text('Approve')")).to_have_count(0)
    shoot(ada, "proposed")


def _second_person_approves(browser: Browser, live: Live) -> None:
    grace = sign_in(browser, live, "grace")
    grace.click("text=1 to decide")
    grace.keyboard.press("r")
    grace.keyboard.type("asked the warehouse, they confirm")
    grace.click("button:has-text('Approve')")
    expect(grace.locator("[role=status]")).to_contain_text("Approved and signed")
    for _ in range(60):  # the worker releases them and runs the gate again
        grace.goto("/p/main/spring/quarantine")
        if grace.locator("text=from the quarantine").count():
            break
        grace.wait_for_timeout(500)
    shoot(grace, "released")
    grace.goto("/p/main/spring/runs/2")
    expect(grace.locator("text=gate: pass")).to_be_visible(timeout=WAIT)
    expect(grace.locator(".numbers")).to_contain_text("0quarantined")
    shoot(grace, "run-after")


def _log_proves_it(root: Page) -> None:
    root.goto("/audit")
    root.click("text=Check the log")
    expect(root.locator("[role=status]")).to_contain_text("Everything holds")
    expect(root.locator("text=release.applied")).to_be_visible()
    shoot(root, "audit")
    root.goto("/")
    shoot(root, "overview")


def test_without_javascript(browser: Browser, live: Live, tmp_path: Path) -> None:
    """The same forms, without a script: sign in, add, upload, ask for a run, sign out."""
    page = browser.new_context(base_url=live.address, java_script_enabled=False).new_page()
    page.goto("/")
    page.fill("[name=secret]", live.token)
    page.click("button.main")
    page.click("text=main")
    page.fill("[name=name]", "plain")
    page.click("button:has-text('Add')")
    (tmp_path / "few.csv").write_text("a,label\n1,x\n2,y\n")
    page.set_input_files("[name=file]", tmp_path / "few.csv")
    page.click("button:has-text('Upload')")
    expect(page.locator("[role=status]")).to_contain_text("queued")
    page.click("text=Sign out")
    expect(page.locator("h1")).to_have_text("Sign in")
