"""The report as people see it, in Chromium, by day and by night, on a phone and on a desk."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import program
import pytest
from browser import DESK, PHONE, address, chromium, opened, overflow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def several(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("several") / "both.html"
    assert program.here("report", trained / "seed-0", trained / "seed-1", "--output", path).returncode == 0
    return path


def luminance(page: "Page", selector: str, what: str) -> float:
    """Of a colour as it is computed, from 0 (black) to 255."""
    colour = page.evaluate(
        "([selector, what]) => getComputedStyle(document.querySelector(selector))[what]", [selector, what]
    )
    red, green, blue = (float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def shown_steps(page: "Page") -> list[str | None]:
    return [image.get_attribute("data-step") for image in page.locator("img[data-step]:visible").all()]


def test_the_slider_shows_another_grid_by_keyboard(browser: "Browser", trained: Path) -> None:
    with opened(browser, address(trained / "seed-0/report.html")) as page:
        assert shown_steps(page) == ["4"]
        slider = page.get_by_role("slider", name="Step")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        assert shown_steps(page) == ["2"]
        assert slider.get_attribute("aria-valuetext") == "step 2"
        assert page.locator("#step").inner_text() == "2"
        page.keyboard.press("End")
        assert shown_steps(page) == ["4"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK])
def test_no_page_is_wider_than_its_window(
    browser: "Browser", trained: Path, several: Path, size: tuple[int, int], scheme: str
) -> None:
    for path in (trained / "seed-0/report.html", several):
        with opened(browser, address(path), size, scheme) as page:
            page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
            assert overflow(page) <= 0
            assert page.locator("svg").first.bounding_box()["width"] > 250  # type: ignore[index]


def test_at_night_the_page_is_dark_and_its_charts_are_light(browser: "Browser", trained: Path) -> None:
    for scheme, dark in (("light", False), ("dark", True)):
        with opened(browser, address(trained / "seed-0/report.html"), scheme=scheme) as page:
            assert (luminance(page, "body", "backgroundColor") < 60) is dark
            assert (luminance(page, "svg text", "fill") > 180) is dark
            assert (
                page.evaluate("getComputedStyle(document.querySelector('svg')).backgroundColor") == "rgba(0, 0, 0, 0)"
            )


def test_without_script_the_newest_grid_is_seen_and_no_slider(browser: "Browser", trained: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(trained / "seed-0/report.html"))
    assert shown_steps(page) == ["4"]
    assert page.locator("#when:visible").count() == 0
    context.close()


def test_every_picture_can_be_decoded(browser: "Browser", trained: Path) -> None:
    with opened(browser, address(trained / "seed-0/report.html")) as page:
        widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
        assert widths == [4 * 98] * 4
