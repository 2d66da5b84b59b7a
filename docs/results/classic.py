"""Measures in-painting without learning: Telea, Navier-Stokes and biharmonic, in the holes that `zoo evaluate` uses.

    python docs/results/classic.py --data DIR

writes records/classic-NAME.json. OpenCV and scikit-image are development dependencies.
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
from skimage.restoration import inpaint_biharmonic
from torch import Tensor

from ccgan_plugin import DualHeadPatchGAN, RecAdvAux
from zoo_core import DatasetRequest, Generator, ImageDataset, ImageSpec, digits, evaluate, folder
from zoo_core.data.datasets.torchvision_datasets import fashion_mnist

Pixels = NDArray[np.uint8]
RADIUS = 3  # pixels that OpenCV looks at around a missing one


def telea(image: Pixels, mask: Pixels) -> Pixels:
    """Fast marching (Telea 2004)."""
    return np.asarray(cv2.inpaint(image, mask, RADIUS, cv2.INPAINT_TELEA), dtype=np.uint8)


def navier_stokes(image: Pixels, mask: Pixels) -> Pixels:
    """Fluid dynamics (Bertalmio, Bertozzi and Sapiro 2001)."""
    return np.asarray(cv2.inpaint(image, mask, RADIUS, cv2.INPAINT_NS), dtype=np.uint8)


def biharmonic(image: Pixels, mask: Pixels) -> Pixels:
    """Biharmonic equation (Damelin and Hoang 2018)."""
    axis = -1 if image.ndim == 3 else None
    filled = inpaint_biharmonic(image.astype(np.float64) / 255, mask.astype(bool), channel_axis=axis)
    return (np.clip(filled, 0, 1) * 255).round().astype(np.uint8)  # type: ignore[no-any-return]


METHODS: dict[str, Callable[[Pixels, Pixels], Pixels]] = {
    "Telea": telea,
    "Navier-Stokes": navier_stokes,
    "biharmonic": biharmonic,
}


class Classic(Generator):
    """A method as a generator that fills holes, so that it is measured like one."""

    def __init__(self, spec: ImageSpec, method: Callable[[Pixels, Pixels], Pixels]) -> None:
        super().__init__(spec)
        self.method = method

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        """Fills the holes (N, 1, H, W) of images (N, C, H, W) one by one."""
        known = ((1 - masks) * images).add(1).mul(127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        masks = masks.to(torch.uint8).squeeze(1).numpy()  # type: ignore[assignment]
        filled = [self.method(image.squeeze(), mask) for image, mask in zip(known, masks, strict=True)]
        pixels = torch.from_numpy(np.stack(filled)).view(len(images), *images.shape[2:], -1)
        return pixels.permute(0, 3, 1, 2).float().div(127.5).sub(1)


def main() -> None:
    """Measures every method on every data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    root = parser.parse_args().data
    sets: dict[str, Callable[[], ImageDataset]] = {
        "digits": lambda: digits(DatasetRequest("test")),
        "fashion-mnist": lambda: fashion_mnist(DatasetRequest("test", 32, root)),
        "cifar10-jpeg": lambda: folder(DatasetRequest("test", 32, root / "cifar10-jpg")),
    }
    for name, read in sets.items():
        images = read()
        spec = ImageSpec(images.channels, 32, 32)
        results = {}
        for method, fill in METHODS.items():
            began = perf_counter()
            result = evaluate(Classic(spec, fill), DualHeadPatchGAN(spec, width=1), RecAdvAux(), images)
            results[method] = {**result, "seconds": round(perf_counter() - began, 1)}
            print(name, method, results[method])
        path = Path(__file__).parent / "records" / f"classic-{name}.json"
        path.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
