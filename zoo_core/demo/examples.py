"""Pictures to begin with, large enough to paint into."""

from pathlib import Path

import torch
from PIL import Image

from registry import Catalogue, ZooError
from zoo_core.engine.run_directory import RunDirectory
from zoo_core.face.trained import TrainedRun

COUNT = 8
LEGIBLE = 256  # pixels


def held_out_pictures(run: Path, catalogue: Catalogue) -> list[Image.Image]:
    """Some of a run's validation images, enlarged; none where its data cannot be read, or where it is no run."""
    if not RunDirectory(run).holds_run:
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
