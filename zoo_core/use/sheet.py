"""A picture before and after, side by side."""

import numpy as np
from PIL import Image

from zoo_core.engine.data.decoding import eight_bit, opaque
from zoo_core.use.inpainting import Filled

GAP = 8  # pixels
GREY = (128, 128, 128)


def sheet(filled: Filled) -> Image.Image:
    """Before | with its hole in grey | after, in RGB on white."""
    before, after = (opaque(eight_bit(picture)).convert("RGB") for picture in (filled.before, filled.picture))
    holed = Image.fromarray(np.where(filled.hole[:, :, None], np.array(GREY, dtype=np.uint8), np.asarray(before)))
    across = before.width + GAP
    result = Image.new("RGB", (3 * across - GAP, before.height), "white")
    for number, picture in enumerate((before, holed, after)):
        result.paste(picture, (number * across, 0))
    return result
