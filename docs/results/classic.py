"""Evaluates in-painting without learning (Telea, Navier-Stokes, biharmonic), with the masks of `zoo evaluate`.

    python docs/results/classic.py --data DIR

This writes records/classic-NAME.json. It needs OpenCV and scikit-image (`pip install -e '.[test-extras]'`).
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from skimage import restoration
from torch import Tensor

from ccgan_plugin import DualHeadPatchGAN, RecAdvAux
from zoo_core import DatasetRequest, Generator, ImageDataset, ImageSpec, digits, evaluate, folder
from zoo_core.data.datasets.torchvision_datasets import fashion_mnist

Pixels = NDArray[np.uint8]
RADIUS = 3  # of the neighbourhood that OpenCV uses for a missing pixel, in pixels


def inpaint_telea(image: Pixels, mask: Pixels) -> Pixels:
    """In-paints by fast marching (Telea 2004)."""
    return np.asarray(cv2.inpaint(image, mask, RADIUS, cv2.INPAINT_TELEA), dtype=np.uint8)


def inpaint_navier_stokes(image: Pixels, mask: Pixels) -> Pixels:
    """In-paints by fluid dynamics (Bertalmio, Bertozzi and Sapiro 2001)."""
    return np.asarray(cv2.inpaint(image, mask, RADIUS, cv2.INPAINT_NS), dtype=np.uint8)


def inpaint_biharmonic(image: Pixels, mask: Pixels) -> Pixels:
    """In-paints with the biharmonic equation (Damelin and Hoang 2018)."""
    axis = -1 if image.ndim == 3 else None
    filled = restoration.inpaint_biharmonic(image.astype(np.float64) / 255, mask.astype(bool), channel_axis=axis)
    return (np.clip(filled, 0, 1) * 255).round().astype(np.uint8)  # type: ignore[no-any-return]


METHODS: dict[str, Callable[[Pixels, Pixels], Pixels]] = {
    "Telea": inpaint_telea,
    "Navier-Stokes": inpaint_navier_stokes,
    "biharmonic": inpaint_biharmonic,
}


class ClassicGenerator(Generator):
    """A classic method with the interface of a generator, so that it is evaluated like one.

    Args:
        spec: The images to fill.
        method: Fills the holes of one image.
    """

    def __init__(self, spec: ImageSpec, method: Callable[[Pixels, Pixels], Pixels]) -> None:
        super().__init__(spec)
        self.method = method

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        """Fills the holes of images (N, C, H, W) where masks (N, 1, H, W) are 1, one image at a time."""
        known = ((1 - masks) * images).add(1).mul(127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        masks = masks.to(torch.uint8).squeeze(1).numpy()  # type: ignore[assignment]
        filled = [self.method(image.squeeze(), mask) for image, mask in zip(known, masks, strict=True)]
        pixels = torch.from_numpy(np.stack(filled)).view(len(images), *images.shape[2:], -1)
        return pixels.permute(0, 3, 1, 2).float().div(127.5).sub(1)


def main() -> None:
    """Evaluates every method on every dataset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    root = parser.parse_args().data
    datasets: dict[str, Callable[[], ImageDataset]] = {
        "digits": lambda: digits(DatasetRequest("test")),
        "fashion-mnist": lambda: fashion_mnist(DatasetRequest("test", 32, root)),
        "cifar10-jpeg": lambda: folder(DatasetRequest("test", 32, root / "cifar10-jpg")),
    }
    for name, read_images in datasets.items():
        images = read_images()
        spec = ImageSpec(images.channels, 32, 32)
        results = {}
        for label, method in METHODS.items():
            started = perf_counter()
            result = evaluate(ClassicGenerator(spec, method), DualHeadPatchGAN(spec, width=1), RecAdvAux(), images)
            results[label] = {**result, "seconds": round(perf_counter() - started, 1)}
            print(name, label, results[label])
        path = Path(__file__).parent / "records" / f"classic-{name}.json"
        path.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
