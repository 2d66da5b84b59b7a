"""Converts images of any mode to tensors and back; pixels outside a hole stay exactly the same."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from zoo_core.data.decoding import composite_on_white, convert_to_8_bit

EXACT_MODES = {"L", "LA", "RGB", "RGBA", "I;16", "CMYK"}
MAX_16_BIT = 65535


def to_exact_mode(image: Image.Image) -> Image.Image:
    """Converts an image to a mode whose pixels can be replaced without changing others: L, LA, RGB, RGBA, I;16 or CMYK.

    Palettes and black-and-white images are expanded, 16-bit values keep their depth, and a colour that is marked as
    transparent becomes transparent pixels.

    Raises:
        ValueError: The pixel values have no known range.
    """
    if image.mode.startswith("I") and image.mode != "I;16":
        return _convert_to_16_bit(image)
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range")
    is_grey = image.mode in ("1", "L", "LA", "La")
    if image.mode != "I;16" and (image.has_transparency_data or image.mode in ("La", "RGBa")):
        return image.convert("LA" if is_grey else "RGBA")
    if image.mode in EXACT_MODES:
        return image.copy()
    return image.convert("L" if is_grey else "RGB")


def _convert_to_16_bit(image: Image.Image) -> Image.Image:
    """Converts 16-bit values that are stored in 32 bits or in the other byte order."""
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > MAX_16_BIT:
        raise ValueError("its pixels are 32-bit numbers of unknown range")
    converted = Image.fromarray(values.astype(np.uint16))
    converted.info = dict(image.info)
    return converted


def to_float_tensor(image: Image.Image, channels: int) -> Tensor:
    """Converts an image to the input of a network, (channels, height, width) in [-1, 1], transparency on white.

    Args:
        image: In an exact mode, see `to_exact_mode`.
        channels: 1 for grey, 3 for RGB.
    """
    opaque = composite_on_white(convert_to_8_bit(image)).convert("L" if channels == 1 else "RGB")
    pixels = torch.from_numpy(np.array(opaque)).float().div(127.5).sub(1)
    return pixels.unsqueeze(0) if channels == 1 else pixels.permute(2, 0, 1)


def to_pil_image(generated: Tensor) -> Image.Image:
    """Converts the output of a network, (C, height, width) in [-1, 1], to an image in grey or RGB."""
    pixels = generated.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).squeeze(-1).numpy())


def paste(image: Image.Image, filled: Tensor, mask: np.ndarray) -> Image.Image:
    """Copies an image and replaces its pixels inside the mask; all other pixels stay exactly the same.

    Args:
        image: In an exact mode, see `to_exact_mode`.
        filled: New pixels, (C, height, width) in [-1, 1] with 1 or 3 channels.
        mask: bool (height, width), true where pixels are replaced; they become opaque.
    """
    pixels = np.array(image)
    pixels[mask] = np.asarray(_convert_mode(to_pil_image(filled), image.mode))[mask]
    result = Image.frombytes(image.mode, image.size, pixels.tobytes())
    result.info = dict(image.info)
    return result


def _convert_mode(image: Image.Image, mode: str) -> Image.Image:
    """Converts an image in grey or RGB to an exact mode."""
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * (MAX_16_BIT // 255))
    return image.convert(mode)
