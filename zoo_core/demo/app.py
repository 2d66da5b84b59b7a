"""The page of `zoo demo`, built with Gradio."""

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
from zoo_core.inference.plan import Context
from zoo_core.inference.prediction import predict_probabilities
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.training.run_directory import RunDirectory

for variable in ("GRADIO_ANALYTICS_ENABLED", "GRADIO_ENABLE_MONITORING"):
    os.environ[variable] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr  # noqa: E402 - reads these variables when it is imported

FONTS = ["system-ui", "sans-serif"]
BRUSH_COLOUR = "#e0218a"
DELETE_CACHE = (3600, 3600)  # seconds between deletions, and age of deleted files; the rest is deleted at the end
CONTEXTS = [
    ("the complete image, resized", "whole"),
    ("the surroundings of the hole, resized", "resize"),
    ("windows of the image at full resolution", "tiles"),
]
INTRODUCTION = "# Fill a hole\nChoose or upload an image, paint over what you want to remove, and press the button."
EXAMPLE_COUNT = 8
MIN_EXAMPLE_SIZE = 256  # pixels; smaller images are enlarged


def build_page(model: Model, examples: Sequence[Image.Image] = ()) -> gr.Blocks:
    """Builds the page for a model whose generator fills holes, with example images to choose from."""
    blocks: gr.Blocks
    with gr.Blocks(title="gan-zoo: fill a hole", analytics_enabled=False, delete_cache=DELETE_CACHE) as blocks:
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column():
                editor = _add_editor()
                context = gr.Radio(CONTEXTS, value="whole", label="Input of the network", elem_id="context")
                button = gr.Button("Fill the hole", variant="primary", elem_id="fill")
                if examples:
                    _add_gallery(examples, editor)
            with gr.Column():
                with gr.Row():
                    generated = _add_output("Generator output (x_G)", "generated")
                    filled = _add_output("Filled image (x_I)", "filled")
                description = gr.Markdown(elem_id="description")
                classes = [gr.Label(label="Predicted class", num_top_classes=5)] if model.classes else []
        outputs = [generated, filled, description, *classes]
        button.click(partial(fill_painted_image, model), [editor, context], outputs, api_visibility="private")
    return blocks


def fill_painted_image(model: Model, painted: Mapping[str, Any] | None, context: Context) -> list[Any]:
    """The outputs of the page: x_G, the filled image, a description, and class probabilities if there are classes.

    `painted` is the value of the editor: a "background" image or None, and "layers" of images.

    Raises:
        gr.Error: No image was chosen, or nothing was painted.
    """
    if not painted or painted["background"] is None:
        raise gr.Error("Choose or upload an image first.")
    image = painted["background"].convert("RGB")
    try:
        result = inpaint(model, image, make_painted_mask(painted["layers"], image.size), context)
    except ZooError as error:
        raise gr.Error(str(error)) from error
    outputs = [result.generated_image, result.image, "; ".join(result.descriptions).capitalize() + "."]
    if not model.classes:
        return outputs
    square = crop_to_square(result.image, model.spec.height, model.spec.channels)
    probabilities = predict_probabilities(model, square[None])[0].tolist()
    return [*outputs, dict(zip(model.classes, probabilities, strict=True))]


def make_painted_mask(layers: Sequence[Image.Image], size: tuple[int, int]) -> np.ndarray:
    """A mask, bool (height, width), of the pixels that are painted in any layer."""
    mask = np.zeros(size[::-1], dtype=np.bool_)
    for layer in layers:
        mask |= np.asarray(layer.convert("RGBA").getchannel("A")) > 0
    return mask


@contextmanager
def serve_page(blocks: gr.Blocks, host: str, port: int) -> Iterator[gr.Blocks]:
    """Serves a page without connecting to any other server.

    Raises:
        ZooError: The port is in use.
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
        raise ZooError(f"Port {port} is in use. Write `--port` with another one.") from error
    try:
        yield blocks
    finally:
        blocks.close(verbose=False)


def load_examples(run: Path, catalogue: Catalogue) -> list[Image.Image]:
    """Some validation images of a run, enlarged; none if the folder is not a run or its data cannot be read."""
    if not RunDirectory(run).has_run:
        return []
    try:
        images = TrainedRun.open(run, catalogue).read_images("validation")
    except ZooError:
        return []
    count = min(EXAMPLE_COUNT, len(images))
    pixels = images.pixels.read(torch.arange(count) * len(images) // max(count, 1))
    zoom = max(1, MIN_EXAMPLE_SIZE // images.image_size)
    enlarged = pixels.repeat_interleave(zoom, 2).repeat_interleave(zoom, 3).permute(0, 2, 3, 1)
    return [Image.fromarray(image.squeeze(-1).numpy()).convert("RGB") for image in enlarged]


def _add_editor() -> gr.ImageEditor:
    return gr.ImageEditor(
        label="Image",
        type="pil",
        format="png",
        image_mode="RGBA",
        sources=("upload", "clipboard"),
        transforms=(),
        layers=False,
        brush=gr.Brush(colors=[BRUSH_COLOUR], default_color=BRUSH_COLOUR, color_mode="fixed"),
        elem_id="editor",
    )


def _add_output(label: str, name: str) -> gr.Image:
    return gr.Image(label=label, type="pil", format="png", interactive=False, buttons=["download"], elem_id=name)


def _add_gallery(examples: Sequence[Image.Image], editor: gr.ImageEditor) -> None:
    """Adds a row of images; clicking one opens it in the editor."""
    gallery = gr.Gallery(
        list(examples),
        label="Validation images of the run",
        columns=4,
        height="auto",
        format="png",
        buttons=[],
        allow_preview=False,
        elem_id="examples",
    )

    def select_example(event: gr.SelectData) -> dict[str, Any]:
        image = examples[event.index]
        return {"background": image, "layers": [], "composite": image}

    gallery.select(select_example, None, editor, api_visibility="private")
