"""The page of `zoo demo`, made with Gradio."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from registry import Catalogue, ZooError
from zoo_core.data.decoding import crop_to_square
from zoo_core.inference.inpainting import inpaint
from zoo_core.inference.model import Model
from zoo_core.inference.prediction import predict_probabilities
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.inference.windows import Context
from zoo_core.training.run_directory import RunDirectory

for silent in ("GRADIO_ANALYTICS_ENABLED", "GRADIO_ENABLE_MONITORING"):
    os.environ[silent] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr  # noqa: E402 - it reads these at its import

FONTS = ["system-ui", "sans-serif"]
PAINT = "#e0218a"
KEPT = (3600, 3600)  # seconds between two cleanings, and that pictures stay; the end of the page takes all
CONTEXTS = [
    ("the whole picture, made small", "whole"),
    ("what is around the hole, made small", "resize"),
    ("the picture's own pixels, in windows", "tiles"),
]
INTRODUCTION = "# Fill a hole\nChoose or upload a picture, paint over what is to go, and press the button."


def build_page(model: Model, examples: Sequence[Image.Image] = ()) -> gr.Blocks:
    """The page for a model.

    Args:
        model: Its generator fills holes.
        examples: Pictures to choose from.
    """
    blocks: gr.Blocks
    with gr.Blocks(title="gan-zoo: fill a hole", analytics_enabled=False, delete_cache=KEPT) as blocks:
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column():
                editor = _editor()
                context = gr.Radio(CONTEXTS, value="whole", label="What the network is shown", elem_id="context")
                button = gr.Button("Fill the hole", variant="primary", elem_id="fill")
                if examples:
                    _choice(examples, editor)
            with gr.Column():
                with gr.Row():
                    drawn = _shown("All that the generator draws (x_G)", "drawn")
                    filled = _shown("With the hole filled (x_I)", "filled")
                how = gr.Markdown(elem_id="how")
                classes = [gr.Label(label="What it shows", num_top_classes=5)] if model.classes else []
        shown = [drawn, filled, how, *classes]
        button.click(partial(fill_painted_image, model), [editor, context], shown, api_visibility="private")
    return blocks


def fill_painted_image(model: Model, painted: Mapping[str, Any] | None, context: Context) -> list[Any]:
    """What the page shows: x_G, the filled picture, how it was filled, and class probabilities where there are classes.

    Args:
        model: Fills the hole.
        painted: What the editor gives: a "background" and "layers", pictures or None.
        context: See `inpaint`.

    Raises:
        gr.Error: No picture was chosen, or nothing was painted.
    """
    if not painted or painted["background"] is None:
        raise gr.Error("Choose or upload a picture first.")
    picture = painted["background"].convert("RGB")
    try:
        filled = inpaint(model, picture, make_painted_mask(painted["layers"], picture.size), context)
    except ZooError as error:
        raise gr.Error(str(error)) from error
    shown = [filled.drawn, filled.picture, "; ".join(filled.how).capitalize() + "."]
    if not model.classes:
        return shown
    seen = crop_to_square(filled.picture, model.spec.height, model.spec.channels)
    return [*shown, dict(zip(model.classes, predict_probabilities(model, seen[None])[0].tolist(), strict=True))]


def make_painted_mask(layers: Sequence[Image.Image], size: tuple[int, int]) -> np.ndarray:
    """Bool (height, width), true where any layer was painted on."""
    mask = np.zeros(size[::-1], dtype=np.bool_)
    for layer in layers:
        mask |= np.asarray(layer.convert("RGBA").getchannel("A")) > 0
    return mask


@contextmanager
def serve_page(blocks: gr.Blocks, host: str, port: int) -> Iterator[gr.Blocks]:
    """Serves a page, without any connection to elsewhere.

    Raises:
        ZooError: The port is taken.
    """
    theme = gr.themes.Base(font=FONTS, font_mono=["ui-monospace", "monospace"])
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            share=False,
            quiet=True,
            footer_links=[],
            theme=theme,
            ssr_mode=False,
            prevent_thread_lock=True,
            enable_monitoring=False,
        )
    except OSError as error:
        raise ZooError(f"Port {port} is taken. Write `--port` with another one.") from error
    try:
        yield blocks
    finally:
        blocks.close(verbose=False)


def _editor() -> gr.ImageEditor:
    return gr.ImageEditor(
        label="Picture",
        type="pil",
        format="png",
        image_mode="RGBA",
        sources=("upload", "clipboard"),
        transforms=(),
        layers=False,
        brush=gr.Brush(colors=[PAINT], default_color=PAINT, color_mode="fixed"),
        elem_id="editor",
    )


def _shown(label: str, name: str) -> gr.Image:
    return gr.Image(label=label, type="pil", format="png", interactive=False, buttons=["download"], elem_id=name)


def _choice(examples: Sequence[Image.Image], editor: gr.ImageEditor) -> None:
    """A row of pictures; the one that is clicked goes into the editor."""
    gallery = gr.Gallery(
        list(examples),
        label="Or one that training did not learn from",
        columns=4,
        height="auto",
        format="png",
        buttons=[],
        allow_preview=False,
        elem_id="choice",
    )

    def chosen(event: gr.SelectData) -> dict[str, Any]:
        picture = examples[event.index]
        return {"background": picture, "layers": [], "composite": picture}

    gallery.select(chosen, None, editor, api_visibility="private")


COUNT = 8
LEGIBLE = 256  # pixels


def load_held_out_images(run: Path, catalogue: Catalogue) -> list[Image.Image]:
    """Some of a run's validation images, enlarged; none where its data cannot be read, or where it is no run."""
    if not RunDirectory(run).has_run:
        return []
    try:
        images = TrainedRun.open(run, catalogue).images("validation")
    except ZooError:
        return []
    count = min(COUNT, len(images))
    pixels = images.pixels.read(torch.arange(count) * len(images) // max(count, 1))
    zoom = max(1, LEGIBLE // images.image_size)
    large = pixels.repeat_interleave(zoom, 2).repeat_interleave(zoom, 3).permute(0, 2, 3, 1)
    return [Image.fromarray(image.squeeze(-1).numpy()).convert("RGB") for image in large]
