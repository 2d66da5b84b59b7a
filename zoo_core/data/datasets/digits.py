"""The handwritten digits of scikit-learn, which need no download."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from zoo_core.data.pixels import build_dataset
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset

TEST_IMAGES = 500


def digits(request: DatasetRequest) -> ImageDataset:
    """1,797 grey handwritten digits of 8x8 pixels, bundled with scikit-learn; 500 are the test split.

    The test images are the same in every run: a stratified draw with a fixed seed.

    Examples:
        >>> from zoo_core import DatasetRequest, digits
        >>> len(digits(DatasetRequest("train", image_size=16)))
        1297
    """
    bundle = load_digits()
    train, test = train_test_split(
        np.arange(len(bundle.target)), test_size=TEST_IMAGES, stratify=bundle.target, random_state=0
    )
    positions = np.sort(train if request.split == "train" else test)
    grey = torch.from_numpy(bundle.images[positions]).mul(255 / 16).round().to(torch.uint8).unsqueeze(1)
    names = [str(name) for name in bundle.target_names]
    origin = "handwritten digits bundled with scikit-learn"
    return build_dataset(request, grey, bundle.target[positions], names, origin, horizontal_flip=False)
