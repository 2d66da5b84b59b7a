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
    """
    bundle = load_digits()
    train, test = train_test_split(
        np.arange(len(bundle.target)), test_size=TEST_IMAGES, stratify=bundle.target, random_state=0
    )
    chosen = np.sort(train if request.split == "train" else test)
    grey = torch.from_numpy(bundle.images[chosen]).mul(255 / 16).round().to(torch.uint8).unsqueeze(1)
    return ImageDataset(
        pixels=TensorPixels(resize_images(grey, request.image_size)),
        labels=torch.from_numpy(bundle.target[chosen]).long(),
        classes=tuple(str(name) for name in bundle.target_names),
        channels=1,
        image_size=request.image_size,
        origin="handwritten digits bundled with scikit-learn",
        default_labels=100,
    )
