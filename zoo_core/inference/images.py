"""People's own pictures: read without losing a pixel, shown to networks, written back without loss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from registry import UsageError, ZooError
from zoo_core.data.decoding import DECODING_ERRORS, composite_on_white, convert_to_8_bit, trouble

EXACT_MODES = {"L", "LA", "RGB", "RGBA", "I;16", "CMYK"}
DEEP = 65535  # the largest value of 16 bits


def open_image(path: Path | str) -> Image.Image:
    """The picture in a file, upright, in a form whose pixels can be kept as they are (see `to_exact_mode`).

    Of an animation it is the first frame.

    Raises:
        ZooError: The file is missing, damaged, no image, or of pixels without a known range.
    """
    try:
        with Image.open(path) as file:
            return to_exact_mode(ImageOps.exif_transpose(file))
    except DECODING_ERRORS as error:
        raise ZooError(f"{path} cannot be read: {trouble(error)}.") from error


def to_exact_mode(picture: Image.Image) -> Image.Image:
    """The same colours in a mode that can be drawn into: L, LA, RGB, RGBA, I;16 or CMYK.

    Palettes and black and white are spelt out, 16-bit numbers stay as deep as they are, and a colour that stands for
    transparency becomes transparency.

    Raises:
        ValueError: The pixels are numbers without a known range.
    """
    if picture.mode.startswith("I") and picture.mode != "I;16":
        return _sixteen_bit(picture)
    if picture.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range")
    grey = picture.mode in ("1", "L", "LA", "La")
    if picture.mode != "I;16" and (picture.has_transparency_data or picture.mode in ("La", "RGBa")):
        return picture.convert("LA" if grey else "RGBA")
    if picture.mode in EXACT_MODES:
        return picture.copy()
    return picture.convert("L" if grey else "RGB")


def _sixteen_bit(picture: Image.Image) -> Image.Image:
    """Whole numbers of 16 bits in 32, or in the other order of bytes."""
    numbers = np.asarray(picture).astype(np.int64)
    if numbers.min() < 0 or numbers.max() > DEEP:
        raise ValueError("its pixels are 32-bit numbers of unknown range")
    deep = Image.fromarray(numbers.astype(np.uint16))
    deep.info = dict(picture.info)
    return deep


def to_float_tensor(picture: Image.Image, channels: int) -> Tensor:
    """What a network is shown of a picture: (channels, height, width) in [-1, 1], transparency laid on white.

    Args:
        picture: As `to_exact_mode` gives it.
        channels: 1 for grey, 3 for RGB.
    """
    seen = composite_on_white(convert_to_8_bit(picture)).convert("L" if channels == 1 else "RGB")
    pixels = torch.from_numpy(np.array(seen)).float().div(127.5).sub(1)
    return pixels.unsqueeze(0) if channels == 1 else pixels.permute(2, 0, 1)


def to_pil_image(drawn: Tensor) -> Image.Image:
    """What a network drew, (C, height, width) in [-1, 1], as a picture in grey or RGB."""
    pixels = drawn.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).squeeze(-1).numpy())


def paste(picture: Image.Image, filled: Tensor, mask: np.ndarray) -> Image.Image:
    """The picture with what a network drew inside a hole; every other pixel stays as it is, bit by bit.

    Args:
        picture: As `to_exact_mode` gives it.
        filled: (C, height, width) in [-1, 1], 1 or 3 channels.
        mask: bool (height, width), true where pixels are replaced; they become opaque.
    """
    pixels = np.array(picture)
    pixels[mask] = np.asarray(_in_mode(to_pil_image(filled), picture.mode))[mask]
    result = Image.frombytes(picture.mode, picture.size, pixels.tobytes())
    result.info = dict(picture.info)
    return result


def _in_mode(drawn: Image.Image, mode: str) -> Image.Image:
    """A grey or RGB picture in one of the exact modes."""
    if mode == "I;16":
        return Image.fromarray(np.asarray(drawn.convert("L")).astype(np.uint16) * (DEEP // 255))
    return drawn.convert(mode)


def suffix_for(picture: Image.Image) -> str:
    """The file format that holds a picture without loss: PNG, or TIFF for the colours of print."""
    return ".tif" if picture.mode == "CMYK" else ".png"


def save_image(picture: Image.Image, path: Path | str) -> None:
    """Writes a picture without loss, with the EXIF data and the colour profile that it came with.

    Raises:
        ZooError: The file cannot be written.
    """
    kept = {name: picture.info[name] for name in ("exif", "icc_profile") if picture.info.get(name)}
    write_file(Path(path), lambda: picture.save(path, **kept))


def write_file(path: Path, write: Callable[[], None]) -> None:
    """Makes the folder of a file and has it written.

    Raises:
        ZooError: In place of what the operating system or Pillow says.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write()
    except (OSError, ValueError) as error:
        raise ZooError(f"{path} cannot be written: {error}.") from error


@dataclass(frozen=True)
class InputImage:
    """One picture.

    Attributes:
        path: The file.
        name: What to call what is made of it: its path below the folder that was named, or its own name.
    """

    path: Path
    name: Path


def find_images(named: Sequence[Path]) -> list[InputImage]:
    """Files as they are, and of folders every file below them that has the suffix of an image, in alphabetical order.

    Raises:
        UsageError: Something does not exist, or a folder holds no image.
    """
    return [found for path in named for found in _below(path)]


def _below(path: Path) -> list[InputImage]:
    if path.is_file():
        return [InputImage(path, Path(path.name))]
    if not path.is_dir():
        raise UsageError(f"There is no file or folder {path}.")
    suffixes = Image.registered_extensions()
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
    if not files:
        raise UsageError(f"There are no image files in {path} (.jpg, .png, .webp ...).")
    return [InputImage(file, file.relative_to(path)) for file in files]
