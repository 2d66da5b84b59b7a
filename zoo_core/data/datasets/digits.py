"""The handwritten digits of scikit-learn, which need no download."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from zoo_core.data.pixels import TensorPixels, resize_images
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset

TEST_IMAGES = 500


def digits(request: DatasetRequest) -> ImageDataset:
    """1,797 grey handwritten digits of 8x8 pixels, bundled with scikit-learn; 500 are the test split.

    The test images are the same in every run: a stratified draw with a fixed seed.

    Example:
        >>> import torch
        >>> from zoo_core import DatasetRequest, digits
        >>> images = digits(DatasetRequest("train", image_size=16))
        >>> len(images), images.pixels.read(torch.tensor([0, 1])).shape
        (1297, torch.Size([2, 1, 16, 16]))
    """
    bundle = load_digits()
    train, test = train_test_split(
        np.arange(len(bundle.target)), test_size=TEST_IMAGES, stratify=bundle.target, random_state=0
    )
    positions = np.sort(train if request.split == "train" else test)
    grey = torch.from_numpy(bundle.images[positions]).mul(255 / 16).round().to(torch.uint8).unsqueeze(1)
    return ImageDataset(
        pixels=TensorPixels(resize_images(grey, request.image_size)),
        labels=torch.from_numpy(bundle.target[positions]).long(),
        classes=tuple(str(name) for name in bundle.target_names),
        channels=1,
        image_size=request.image_size,
        origin="handwritten digits bundled with scikit-learn",
        default_labels=100,
    )
