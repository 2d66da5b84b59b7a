"""A training step of the recipe `ccgan`, written by hand without the trainer, the training step and the loss class.

The benchmarks compare the trainer with it: the difference is the cost of the trainer's generality.
"""

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim import Adam

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder
from zoo_core import Batch, StepRandom


class HandWrittenStep:
    """Both networks with their optimisers; the weights of the terms are those of the recipe.

    Args:
        generator: Generator of the recipe.
        critic: Critic of the recipe, for data with classes.
        seed: Seed of the run whose random numbers are drawn.
    """

    def __init__(self, generator: MaskedAutoencoder, critic: DualHeadPatchGAN, seed: int = 0) -> None:
        self.generator = generator
        self.critic = critic
        self.seed = seed
        self.adam_g = Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=True)
        self.adam_d = Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=True)

    def train(self, step: int, batch: Batch) -> dict[str, Tensor]:
        """Trains both networks on a batch with some labelled images; returns all terms by name."""
        random = StepRandom(self.seed, step, "game")
        torch.manual_seed(random.entropy)
        x, labels = batch.images, batch.labels
        masks = draw_squares(x, random)
        x_g = self.generator((1 - masks) * x, masks)
        x_i = (1 - masks) * x + masks * x_g

        real, fake = self.critic(x), self.critic(x_i.detach())
        adv_d = bce(real.validity, 1.0) + bce(fake.validity, 0.0)
        aux, aux_fake = cross_entropy(real.classes, labels), cross_entropy(fake.classes, labels)
        self.adam_d.zero_grad()
        (0.3 * adv_d + aux + aux_fake).backward()
        self.adam_d.step()

        self.critic.requires_grad_(False)
        logits = self.critic(x_i)
        rec = (masks * (x - x_g) ** 2).sum() / (masks.sum() * x.shape[1])
        adv_g, aux_g = bce(logits.validity, 1.0), cross_entropy(logits.classes, labels)
        self.adam_g.zero_grad()
        (10 * rec + 0.3 * adv_g + aux_g).backward()
        self.adam_g.step()
        self.critic.requires_grad_(True)
        terms = {"discriminator/adv": adv_d, "discriminator/aux": aux, "discriminator/aux_fake": aux_fake}
        terms |= {"generator/rec": rec, "generator/adv": adv_g, "generator/aux_fake": aux_g}
        return {name: term.detach() for name, term in terms.items()}


def draw_squares(x: Tensor, random: StepRandom) -> Tensor:
    """Masks with one square of half the image's side at a random position: (N, 1, H, W), 1 where pixels are missing."""
    side, positions = x.shape[-1] // 2, torch.arange(x.shape[-1])
    top, left = ((random.uniform(len(x), 1) * (x.shape[-1] - side + 1)).floor() for _ in range(2))
    rows, columns = ((positions >= start) & (positions < start + side) for start in (top, left))
    return (rows[:, None, :, None] & columns[:, None, None, :]).float()


def bce(logits: Tensor, target: float) -> Tensor:
    """Binary cross-entropy against the same target for all logits."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy over the labelled images."""
    return F.cross_entropy(logits, labels, ignore_index=-1)
