"""`zoo demo`: painted pixels are filled, and nothing else changes."""

import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from browser import DESKTOP, MOBILE, launch_chromium, measure_overflow
from PIL import Image
from program import Run
from simple_generators import ConstantGenerator, make_model

LOCAL_SCHEMES = ("data:", "blob:")


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def address(small_run: Path) -> Iterator[str]:
    """The address of a demo that runs in its own process."""
    port = find_free_port()
    command = [sys.executable, "-m", "zoo_core", "demo", str(small_run), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == f"Open http://127.0.0.1:{port} (Ctrl-C stops it)\n"
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.communicate(timeout=30)


@pytest.mark.browser
@pytest.mark.extra
def test_a_painted_hole_is_filled_and_the_image_changes_only_inside_it(address: str) -> None:
    with launch_chromium() as browser:
        page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page.set_default_timeout(60_000)
        requests: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address)
        page.locator("#examples button.thumbnail-item").nth(2).click()
        page.wait_for_timeout(3000)
        canvas = page.locator("#editor canvas").first.bounding_box()
        assert canvas is not None
        x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
        page.mouse.move(x - 30, y)
        page.mouse.down()
        page.mouse.move(x + 30, y + 10, steps=8)
        page.mouse.up()
        page.locator("#fill").click()
        page.locator("#filled img").wait_for()
        page.locator("#description", has_text="A hole of").wait_for()
        source = page.locator("#filled img").get_attribute("src")
        description = page.locator("#description").inner_text()
        before = page.locator("#examples button.thumbnail-item img").nth(2).get_attribute("src")
        assert source is not None
        assert before is not None
        after_pixels, before_pixels = (read_pixels(url) for url in (source, before))
        page.set_viewport_size({"width": MOBILE[0], "height": MOBILE[1]})
        assert measure_overflow(page) <= 0
        assert page.locator("#generated img").is_visible()
        assert "Predicted class" in page.locator("body").inner_text()
    assert errors == []
    assert [url for url in requests if not url.startswith((address, *LOCAL_SCHEMES))] == []
    match = re.match(r"A hole of (\d+)x(\d+) pixels at (\d+),(\d+)", description)
    assert match is not None
    width, height, left, top = map(int, match.groups())
    changed = (after_pixels != before_pixels).any(2)
    assert changed[top : top + height, left : left + width].any()
    changed[top : top + height, left : left + width] = False
    assert not changed.any()


def read_pixels(url: str) -> np.ndarray:
    with urllib.request.urlopen(url) as file:
        return np.asarray(Image.open(BytesIO(file.read())).convert("RGB")).astype(int)


@pytest.mark.extra
def test_painted_pixels_are_the_hole() -> None:
    gradio = pytest.importorskip("gradio")
    from zoo_core.demo.app import fill_painted_image

    grey = Image.new("RGB", (64, 40), (90, 90, 90))
    layer = Image.new("RGBA", grey.size)
    layer.paste((255, 0, 0, 255), (10, 10, 20, 30))
    model = make_model(ConstantGenerator, value=1.0)
    painted = {"background": grey, "layers": [layer]}
    generated, filled, description = fill_painted_image(model, painted, "tiles")
    white = (np.asarray(filled) == 255).all(2)
    assert white.sum() == 200
    assert white[10:30, 10:20].all()
    assert np.asarray(generated).max() == 255
    assert description.startswith("A hole of 10x20 pixels at 10,10, filled in ")
    for unpainted, message in ((None, "Choose or upload"), ({"background": grey, "layers": []}, "There is no hole")):
        with pytest.raises(gradio.Error, match=message):
            fill_painted_image(model, unpainted, "whole")


@pytest.mark.extra
def test_a_port_in_use_gives_one_sentence(process: Run, small_run: Path) -> None:
    pytest.importorskip("gradio")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = process("demo", small_run, "--port", port)
    assert done.returncode == 1
    assert done.stderr == f"zoo: Port {port} is in use. Write `--port` with another one.\n"
