"""The report in Chromium: desktop and mobile, light and dark mode."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import program
import pytest
from browser import DESKTOP, MOBILE, get_address, launch_chromium, measure_overflow, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with launch_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def comparison(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("comparison") / "both.html"
    assert program.run_here("report", trained / "seed-0", trained / "seed-1", "--output", path).returncode == 0
    return path


def get_luminance(page: "Page", selector: str, style: str) -> float:
    """The luminance of a computed colour, from 0 (black) to 255 (white)."""
    colour = page.evaluate(
        "([selector, style]) => getComputedStyle(document.querySelector(selector))[style]", [selector, style]
    )
    red, green, blue = (float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def get_displayed_steps(page: "Page") -> list[str | None]:
    return [image.get_attribute("data-step") for image in page.locator("img[data-step]:visible").all()]


def test_slider_can_be_moved_with_the_keyboard(browser: "Browser", trained: Path) -> None:
    with open_page(browser, get_address(trained / "seed-0/report.html")) as page:
        assert get_displayed_steps(page) == ["4"]
        slider = page.get_by_role("slider", name="Step")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        assert get_displayed_steps(page) == ["2"]
        assert slider.get_attribute("aria-valuetext") == "step 2"
        assert page.locator("#current-step").inner_text() == "2"
        page.keyboard.press("End")
        assert get_displayed_steps(page) == ["4"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [MOBILE, DESKTOP])
def test_page_is_not_wider_than_its_window(
    browser: "Browser", trained: Path, comparison: Path, size: tuple[int, int], scheme: str
) -> None:
    for path in (trained / "seed-0/report.html", comparison):
        with open_page(browser, get_address(path), size, scheme) as page:
            page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
            assert measure_overflow(page) <= 0
            assert page.locator("svg").first.bounding_box()["width"] > 250  # type: ignore[index]


def test_dark_mode_has_a_dark_page_and_light_charts(browser: "Browser", trained: Path) -> None:
    for scheme, dark in (("light", False), ("dark", True)):
        with open_page(browser, get_address(trained / "seed-0/report.html"), scheme=scheme) as page:
            assert (get_luminance(page, "body", "backgroundColor") < 60) is dark
            assert (get_luminance(page, "svg text", "fill") > 180) is dark
            assert (
                page.evaluate("getComputedStyle(document.querySelector('svg')).backgroundColor") == "rgba(0, 0, 0, 0)"
            )


def test_without_javascript_the_last_grid_is_displayed_without_slider(browser: "Browser", trained: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(get_address(trained / "seed-0/report.html"))
    assert get_displayed_steps(page) == ["4"]
    assert page.locator("#step-slider:visible").count() == 0
    context.close()


def test_every_image_can_be_decoded(browser: "Browser", trained: Path) -> None:
    with open_page(browser, get_address(trained / "seed-0/report.html")) as page:
        widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
        assert widths == [4 * 98] * 4
