"""A history of made images."""

import torch
from torch import Tensor, nn

from zoo_core import StepRandom


class ImagePool(nn.Module):
    """Keeps made images, so that a discriminator is shown earlier ones too and does not forget what it knew.

    The idea is that of Shrivastava et al. 2017, the rule that of Zhu et al. 2017, section 4.

    Args:
        size: How many images are kept; with 0, every image is shown as it comes.
    """

    images: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        # A buffer moves with the device, but is restored into its own shape only, and this one's shape is not known
        # before images are seen: so it is saved as torch's extra state, which may have any shape.
        self.register_buffer("images", torch.empty(0), persistent=False)

    def exchange(self, made: Tensor, random: StepRandom) -> Tensor:
        """Takes new images (N, C, H, W), without a gradient, and returns as many to show.

        Until the pool is full, images are kept and shown as well. After that each has a kept one drawn for it, no two
        the same, and with probability 1/2 the two change places: the kept one is shown, the new one is kept. Where the
        batch is larger than the pool, the rest is shown as it is.
        """
        room = self.size - len(self.images)
        # Always in plain memory order, as checkpoints restore it: the order decides how sums are rounded.
        self.images = torch.cat([self.images, made[:room]]).contiguous()
        places = random.permutation(self.size)[: len(made[room:])]
        new, old = made[room : room + len(places)], self.images[places]
        swapped = random.uniform(len(places), 1, 1, 1) < 0.5
        self.images[places] = torch.where(swapped, new, old)
        return torch.cat([made[:room], torch.where(swapped, old, new), made[room + len(places) :]])

    def get_extra_state(self) -> Tensor:
        """The kept images, for a checkpoint."""
        return self.images

    def set_extra_state(self, state: Tensor) -> None:
        """Takes the kept images of a checkpoint."""
        self.images = state.to(self.images.device, copy=True)
