"""`bangfu serve` for real, seen in Chromium: nothing is refused by the policy, nothing overflows, htmx works."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

import pytest

from bangfu.web.access import Role
from tests.web import world
from tests.web.test_imports import GOOD, book

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent.parent
ON_SQLITE = "BANGFU_TEST_DATABASE" not in os.environ
pytestmark = pytest.mark.skipif(not ON_SQLITE, reason="the browser sees the same pages on either database")
PAGES = [
    "/",
    "/households/",
    "/households/1/",
    "/households/1/history/",
    "/households/1/on/?day=2019-01-01",
    "/households/1/change/split/",
    "/households/1/correct/household/1/",
    "/households/1/correct/household/1/?column=risks&column=phone&column=water_safe",
    "/households/requests/",
    "/imports/",
    "/imports/new/",
    "/account/",
    "/account/2fa/",
    "/nowhere/",
]
WIDTHS = {"narrow phone": 320, "phone": 390, "desktop": 1280}


@pytest.fixture(autouse=True)
def _database() -> None:
    """The site has a database of its own; the tests' is not touched here."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that `bangfu serve` serves from a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {
        "BANGFU_HOME": str(home),
        "BANGFU_DATABASE": "",
        "DJANGO_SETTINGS_MODULE": "bangfu.web.site.settings",
    }
    for arguments in (["-m", "bangfu.web", "serve", "--prepare-only"], ["-m", "tests.web.seed"]):
        subprocess.run([sys.executable, *arguments], check=True, env=environment, cwd=ROOT)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [Path(sys.executable).with_name("bangfu"), "serve", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/health/")
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str) -> None:
    for _ in range(150):
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310
                assert answer.status == 200
                return
        except URLError:
            time.sleep(0.2)
    raise TimeoutError(url)


@pytest.fixture(scope="module")
def page(site: str) -> Iterator[Page]:
    """A page of Chromium in which the township's officer is signed in; what it complains of is collected."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    assert path, "Chromium is needed (Debian: apt-get install chromium)"
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        opened = browser.new_context(locale="zh-CN").new_page()
        opened.goto(f"{site}/account/login/")
        opened.fill("input[name=login]", Role.TOWNSHIP_OFFICER.value)
        opened.fill("input[name=password]", "spring rain 2020")
        opened.click("main button.btn-primary")
        yield opened
        browser.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser writes to its console, refused styles and scripts among it."""
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def test_no_page_overflows_or_breaks_the_policy(site: str, page: Page, complaints: list[str]) -> None:
    wide = []
    for name, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 780})
        for url in PAGES:
            page.goto(site + url)
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append((name, url))
    assert wide == []
    assert [text for text in complaints if "404" not in text] == []


def test_from_the_search_to_a_revealed_number(site: str, page: Page, complaints: list[str]) -> None:
    page.goto(f"{site}/households/")
    page.keyboard.press("/")
    page.keyboard.type(world.id_number(20))
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert page.url.rstrip("?") == f"{site}/households/"
    page.click("a.bf-row-link")
    page.wait_for_url(f"{site}/households/2/")
    page.click(".col-lg-4 .bf-reveal summary >> nth=0")
    page.fill(".col-lg-4 .bf-reveal[open] input[name=reason]", "通知开会")
    page.click(".col-lg-4 .bf-reveal[open] button")
    page.wait_for_selector(".bf-revealed")
    assert page.inner_text(".bf-revealed") == world.phone(2)
    assert page.url == f"{site}/households/2/"
    assert complaints == []


def test_from_a_workbook_to_the_register_and_back(site: str, page: Page, tmp_path: Path) -> None:
    path = tmp_path / "户.xlsx"
    path.write_bytes(book(GOOD))
    page.goto(f"{site}/imports/new/")
    page.set_input_files("input[type=file]", path)
    page.click("main form button.btn-primary")
    page.click("text=写入登记库")
    page.wait_for_selector("text=已写入登记库")
    page.goto(f"{site}/households/?sort=-code")
    assert "新户" in page.inner_text("tbody tr >> nth=0")
    page.goto(f"{site}/imports/1/")
    page.click("text=撤销这批导入")
    page.wait_for_selector("text=已撤销，登记库回到写入以前")


def test_static_files_are_kept_by_the_browser_for_good(site: str, page: Page) -> None:
    page.goto(f"{site}/account/")
    style = page.get_attribute("link[rel=stylesheet] >> nth=1", "href") or ""
    with urllib.request.urlopen(site + style) as answer:  # noqa: S310
        assert "immutable" in answer.headers["Cache-Control"]
