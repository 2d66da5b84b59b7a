"""`zoo demo`: what is painted is filled, and nothing else changes."""

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
from browser import PHONE, chromium, overflow
from painters import Painter, model
from PIL import Image
from program import Run

ELSEWHERE = ("data:", "blob:")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def address(small_run: Path) -> Iterator[str]:
    """A demo as a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "zoo_core", "demo", str(small_run), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == f"Open http://127.0.0.1:{port} (Ctrl-C ends it)\n"
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.communicate(timeout=30)


@pytest.mark.browser
def test_a_painted_hole_is_filled_and_the_picture_changes_only_inside_it(address: str) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        fetched: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(address)
        page.locator("#choice button.thumbnail-item").nth(2).click()
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
        page.locator("#how", has_text="A hole of").wait_for()
        source = page.locator("#filled img").get_attribute("src")
        words = page.locator("#how").inner_text()
        before = page.locator("#choice button.thumbnail-item img").nth(2).get_attribute("src")
        assert source is not None
        assert before is not None
        after_pixels, before_pixels = (picture(url) for url in (source, before))
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert overflow(page) <= 0
        assert page.locator("#drawn img").is_visible()
        assert "What it shows" in page.locator("body").inner_text()
    assert errors == []
    assert [url for url in fetched if not url.startswith((address, *ELSEWHERE))] == []
    found = re.match(r"A hole of (\d+)x(\d+) pixels at (\d+),(\d+)", words)
    assert found is not None
    width, height, left, top = map(int, found.groups())
    changed = (after_pixels != before_pixels).any(2)
    assert changed[top : top + height, left : left + width].any()
    changed[top : top + height, left : left + width] = False
    assert not changed.any()


def picture(url: str) -> np.ndarray:
    with urllib.request.urlopen(url) as file:
        return np.asarray(Image.open(BytesIO(file.read())).convert("RGB")).astype(int)


def test_what_is_painted_is_the_hole() -> None:
    gradio = pytest.importorskip("gradio")
    from zoo_core.demo.app import fill_painted_image

    grey = Image.new("RGB", (64, 40), (90, 90, 90))
    layer = Image.new("RGBA", grey.size)
    layer.paste((255, 0, 0, 255), (10, 10, 20, 30))
    drawn, filled, how = fill_painted_image(model(Painter, value=1.0), {"background": grey, "layers": [layer]}, "tiles")
    white = (np.asarray(filled) == 255).all(2)
    assert white.sum() == 200
    assert white[10:30, 10:20].all()
    assert np.asarray(drawn).max() == 255
    assert how.startswith("A hole of 10x20 pixels at 10,10, filled in ")
    for nothing, words in ((None, "Choose or upload"), ({"background": grey, "layers": []}, "There is no hole")):
        with pytest.raises(gradio.Error, match=words):
            fill_painted_image(model(), nothing, "whole")


def test_a_port_that_is_taken_is_one_sentence(process: Run, small_run: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = process("demo", small_run, "--port", port)
    assert done.returncode == 1
    assert done.stderr == f"zoo: Port {port} is taken. Write `--port` with another one.\n"
