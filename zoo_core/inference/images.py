"""Reads and writes images without loss, and converts them to tensors and back."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from registry import UsageError, ZooError
from zoo_core.data.decoding import DECODING_ERRORS, composite_on_white, convert_to_8_bit, describe_decoding_error

EXACT_MODES = {"L", "LA", "RGB", "RGBA", "I;16", "CMYK"}
MAX_16_BIT = 65535


class InputImage(NamedTuple):
    """An image file, and its path below the folder that the user named (its name if the user named the file itself)."""

    path: Path
    relative_path: Path


def find_images(paths: Sequence[Path]) -> list[InputImage]:
    """Lists files, and all image files in folders and their sub-folders in alphabetical order.

    Raises:
        UsageError: A path does not exist, or a folder contains no image file.
    """
    return [image for path in paths for image in _find_images_in(path)]


def _find_images_in(path: Path) -> list[InputImage]:
    if path.is_file():
        return [InputImage(path, Path(path.name))]
    if not path.is_dir():
        raise UsageError(f"The file or folder {path} does not exist.")
    suffixes = Image.registered_extensions()
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
    if not files:
        raise UsageError(f"The folder {path} has no image files (.jpg, .png, .webp ...).")
    return [InputImage(file, file.relative_to(path)) for file in files]


def open_image(path: Path | str) -> Image.Image:
    """Reads an image file, upright and in a mode that keeps its pixels exactly: L, LA, RGB, RGBA, I;16 or CMYK.

    Only the first frame of an animation is read.

    Raises:
        ZooError: The file is missing, damaged, not an image, or its pixel values have no known range.
    """
    try:
        with Image.open(path) as file:
            return to_exact_mode(ImageOps.exif_transpose(file))
    except DECODING_ERRORS as error:
        raise ZooError(f"{path} cannot be read: {describe_decoding_error(error)}.") from error


def save_image(image: Image.Image, path: Path | str) -> None:
    """Writes an image with its EXIF data and colour profile; folders are created as needed.

    Raises:
        ZooError: The file cannot be written.
    """
    path = Path(path)
    metadata = {name: image.info[name] for name in ("exif", "icc_profile") if image.info.get(name)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, **metadata)
    except (OSError, ValueError) as error:
        raise ZooError(f"{path} cannot be written: {error}.") from error


def choose_suffix(image: Image.Image) -> str:
    """The suffix of a lossless file format that supports the mode of an image: PNG, or TIFF for CMYK."""
    return ".tif" if image.mode == "CMYK" else ".png"


def to_exact_mode(image: Image.Image) -> Image.Image:
    """Converts an image to a mode whose pixels can be replaced without changing others, see `EXACT_MODES`.

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
    """Converts an image in an exact mode to (channels, height, width) in [-1, 1], transparency on white."""
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
    new = to_pil_image(filled)
    if image.mode == "I;16":
        new_pixels = np.asarray(new.convert("L")).astype(np.uint16) * (MAX_16_BIT // 255)
    else:
        new_pixels = np.asarray(new.convert(image.mode))
    pixels = np.array(image)
    pixels[mask] = new_pixels[mask]
    result = Image.frombytes(image.mode, image.size, pixels.tobytes())
    result.info = dict(image.info)
    return result
