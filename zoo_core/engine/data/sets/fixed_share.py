"""Which images are for test where a data set does not say so itself."""

import torch
from torch import Tensor

from zoo_core.contract.dataset import Split
from zoo_core.contract.randomness import StepRandom

TEST_SHARE = 0.1


def fixed_share(count: int, split: Split) -> Tensor:
    """Ascending positions of the images of a split: a tenth drawn once and for all is for test, the rest for training.

    Args:
        count: How many images there are.
        split: "train" or "test".
    """
    held_out = torch.zeros(count, dtype=torch.bool)
    held_out[StepRandom(0, 0, "test split").permutation(count)[: round(TEST_SHARE * count)]] = True
    return torch.nonzero(held_out == (split == "test")).flatten()
