import pytest
import torch

from zoo_core import Batch, ImageSpec


@pytest.fixture
def spec() -> ImageSpec:
    return ImageSpec(channels=3, height=32, width=32, classes=4)


@pytest.fixture
def batch() -> Batch:
    random = torch.Generator().manual_seed(0)
    images = torch.rand(6, 3, 32, 32, generator=random) * 2 - 1
    return Batch(images, torch.tensor([0, 1, 2, 3, -1, -1]))
