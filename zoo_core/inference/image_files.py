"""Finds, reads and writes image files without losing quality."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from registry import UsageError, ZooError
from zoo_core.data.decoding import DECODING_ERRORS, describe_decoding_error
from zoo_core.inference.images import to_exact_mode


@dataclass(frozen=True)
class InputImage:
    """An image file that the user named.

    Attributes:
        path: The file.
        relative_path: Its path below the folder that the user named; the name of the file if it was named itself.
    """

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
    """Reads an image file, upright and in a mode that keeps its pixels exactly (see `to_exact_mode`).

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
