"""The step of the recipe `ccgan` as one would write it by hand, without the zoo's trainer and game.

It is what the trainer is measured by: whatever it does beyond this step is what its generality costs.
"""

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim import Adam

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder
from zoo_core import Batch, StepRandom


class ByHand:
    """Both networks with their optimisers, and the recipe's weights written out.

    Args:
        generator: As the recipe builds it.
        critic: Likewise, for data with classes.
        seed: Of the run whose random numbers it draws.
    """

    def __init__(self, generator: MaskedAutoencoder, critic: DualHeadPatchGAN, seed: int = 0) -> None:
        self.generator = generator
        self.critic = critic
        self.seed = seed
        self.adam_g = Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=True)
        self.adam_d = Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=True)

    def step(self, number: int, batch: Batch) -> dict[str, Tensor]:
        """One step on a batch of which some images have a label; returns every term by name."""
        random = StepRandom(self.seed, number, "game")
        torch.manual_seed(random.entropy)
        x, labels = batch.images, batch.labels
        masks = square_holes(x, random)
        filled = self.generator((1 - masks) * x, masks)
        made = (1 - masks) * x + masks * filled

        real, fake = self.critic(x), self.critic(made.detach())
        adv_d = bce(real.validity, 1.0) + bce(fake.validity, 0.0)
        aux, aux_fake = cross_entropy(real.classes, labels), cross_entropy(fake.classes, labels)
        self.adam_d.zero_grad()
        (0.3 * adv_d + aux + aux_fake).backward()
        self.adam_d.step()

        self.critic.requires_grad_(False)
        judged = self.critic(made)
        rec = (masks * (x - filled) ** 2).sum() / (masks.sum() * x.shape[1])
        adv_g, aux_g = bce(judged.validity, 1.0), cross_entropy(judged.classes, labels)
        self.adam_g.zero_grad()
        (10 * rec + 0.3 * adv_g + aux_g).backward()
        self.adam_g.step()
        self.critic.requires_grad_(True)
        terms = {"discriminator/adv": adv_d, "discriminator/aux": aux, "discriminator/aux_fake": aux_fake}
        terms |= {"generator/rec": rec, "generator/adv": adv_g, "generator/aux_fake": aux_g}
        return {name: term.detach() for name, term in terms.items()}


def square_holes(x: Tensor, random: StepRandom) -> Tensor:
    """Squares of half the image's side, anywhere inside: (N, 1, H, W), 1 where pixels are missing."""
    side, places = x.shape[-1] // 2, torch.arange(x.shape[-1])
    top, left = ((random.uniform(len(x), 1) * (x.shape[-1] - side + 1)).floor() for _ in range(2))
    rows, columns = ((places >= start) & (places < start + side) for start in (top, left))
    return (rows[:, None, :, None] & columns[:, None, None, :]).float()


def bce(logits: Tensor, target: float) -> Tensor:
    """Binary cross-entropy against one target for all."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Over the labelled images alone."""
    return F.cross_entropy(logits, labels, ignore_index=-1)
