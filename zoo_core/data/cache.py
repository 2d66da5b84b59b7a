"""Decodes image files once into a memory-mapped file of pixels, which all processes share."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from filelock import FileLock
from platformdirs import user_cache_path

from registry import ZooError
from zoo_core.data.decoding import DECODING_ERRORS, describe_decoding_error, read_image
from zoo_core.data.pixels import MemmapPixels
from zoo_core.files import DRAFT_SUFFIX, read_json, sync, write_json

CACHE_VARIABLE = "ZOO_CACHE"
FORMAT_VERSION = 1  # increased when the same files are decoded to other pixels than before
CHUNK_SIZE = 128  # decoded images in memory at a time

Problems = dict[int, str]  # why files could not be decoded, by position


@dataclass(frozen=True)
class CachedImages:
    """The decoded images of one split of a folder; they keep their file in the cache when images change."""

    root: Path
    split: str
    size: int  # height and width, in pixels
    channels: int

    def load(self, names: Sequence[str]) -> tuple[MemmapPixels, Problems]:
        """Loads the pixels of image files; they are decoded again only if a file was changed, added or removed.

        If two processes request the same pixels, one decodes and the other waits.

        Args:
            names: The files, relative to the root.

        Returns:
            The pixels of all files, black for damaged ones, and their problems.

        Raises:
            ZooError: The cache cannot be written.
        """
        description = self._key | {"count": len(names), "manifest": self._compute_manifest(names)}
        with report_cache_errors():
            self.pixels_file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.pixels_file.with_suffix(".lock")):
                problems = self._read_problems(description)
                if problems is None:
                    problems = self._decode(names)
                    write_json(self.description_file, description | {"problems": list(problems.items())})
                shape = (len(names), self.channels, self.size, self.size)
                return MemmapPixels(np.memmap(self.pixels_file, np.uint8, "r", shape=shape)), problems

    @property
    def pixels_file(self) -> Path:
        """File of the pixels, image by image."""
        key = sha256(json.dumps(self._key).encode()).hexdigest()[:32]
        return get_cache_folder() / "images" / f"{key}.pixels"

    @property
    def description_file(self) -> Path:
        """JSON file that describes the pixels."""
        return self.pixels_file.with_suffix(".json")

    @property
    def _key(self) -> dict[str, Any]:
        return {"root": str(self.root.resolve()), "split": self.split, "size": self.size, "channels": self.channels}

    def _compute_manifest(self, names: Sequence[str]) -> str:
        """A hash of the names, sizes and modification times of the files, and of the version of the decoding."""
        digest = sha256(f"{FORMAT_VERSION} {PIL.__version__}\n".encode())
        for name in names:
            status = (self.root / name).stat()
            digest.update(f"{name}\0{status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
        return digest.hexdigest()

    def _read_problems(self, description: dict[str, Any]) -> Problems | None:
        """The problems of the cached images; None if the cache is incomplete or out of date."""
        try:
            cached = read_json(self.description_file)
            problems = dict(cached.pop("problems"))
            size = self.pixels_file.stat().st_size
        except (ZooError, OSError, KeyError, TypeError, ValueError):
            return None
        expected_size = description["count"] * self.channels * self.size**2
        return problems if cached == description and size == expected_size else None

    def _decode(self, names: Sequence[str]) -> Problems:
        """Writes the pixels of all files; the old description is removed first, so that it never describes others."""
        self.description_file.unlink(missing_ok=True)
        draft = self.pixels_file.with_name(self.pixels_file.name + DRAFT_SUFFIX)
        problems: Problems = {}
        with open(draft, "wb") as file, ThreadPoolExecutor() as pool:
            for start in range(0, len(names), CHUNK_SIZE):
                decoded = pool.map(self._decode_file, names[start : start + CHUNK_SIZE])
                for number, (pixels, problem) in enumerate(decoded, start):
                    file.write(pixels)
                    if problem is not None:
                        problems[number] = problem
        sync(draft)
        draft.replace(self.pixels_file)
        return problems

    def _decode_file(self, name: str) -> tuple[bytes, str | None]:
        try:
            return read_image(self.root / name, self.size, self.channels).numpy().tobytes(), None
        except DECODING_ERRORS as error:
            return bytes(self.channels * self.size**2), describe_decoding_error(error)


def get_cache_folder() -> Path:
    """The folder that the environment variable ZOO_CACHE names, or the cache folder of the user."""
    folder = os.environ.get(CACHE_VARIABLE)
    return Path(folder).absolute() if folder else user_cache_path("gan-zoo")


@contextmanager
def report_cache_errors() -> Iterator[None]:
    """Raises a ZooError with advice instead of an OSError, if the cache cannot be written."""
    try:
        yield
    except OSError as error:
        raise ZooError(
            f"The cache of images in {get_cache_folder()} cannot be written: {error}. Free some space, or choose "
            f"another folder with the environment variable {CACHE_VARIABLE}."
        ) from error
