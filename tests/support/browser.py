"""Opens pages in a real browser and checks them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EXECUTABLES = ("chromium", "chromium-browser", "google-chrome")
MOBILE, DESKTOP = (390, 844), (1280, 900)  # width and height of the window in pixels


@contextmanager
def launch_chromium() -> Iterator["Browser"]:
    """A headless browser; the test is skipped if none is installed."""
    playwright = pytest.importorskip("playwright.sync_api")
    executable = next(filter(None, map(shutil.which, EXECUTABLES)), None)
    if executable is None:
        pytest.skip(f"none of {', '.join(EXECUTABLES)} is installed")
    with playwright.sync_playwright() as api:
        browser = api.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def open_page(
    browser: "Browser", address: str, size: tuple[int, int] = DESKTOP, scheme: str = "light"
) -> Iterator["Page"]:
    """A page that must not write to the console, nor request anything but its own address."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    yield page
    context.close()
    assert messages == []
    assert [url for url in requests if not url.startswith("data:")] == [address]


def measure_overflow(page: "Page") -> int:
    """By how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def get_address(path: Path) -> str:
    """The address of a file."""
    return path.resolve().as_uri()
