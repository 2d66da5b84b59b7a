"""Summands of CC-GAN's objectives, as functions of tensors."""

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core import Discriminator, RotationClassifier, StepRandom, UsageError, all_reduce_mean


def masked_mse(x: Tensor, x_g: Tensor, masks: Tensor) -> Tensor:
    """Mean squared error over the pixels inside the holes: sum(hole * (x - x_G)^2) / (hole pixels * channels).

    The L_rec of Context Encoders (Pathak et al. 2016, equation 1), made independent of the size of the holes.
    """
    error = masks * (x.float() - x_g.float()) ** 2
    return error.sum() / (all_reduce_mean(masks.sum()) * x.shape[1]).clamp(min=1)


def bce(logits: Tensor, target: float) -> Tensor:
    """Mean binary cross-entropy of logits against one target for all."""
    return F.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, target, dtype=torch.float32))


def class_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of class logits (N, K) over the labelled images (N,); 0 where every label is -1."""
    total = F.cross_entropy(logits.float(), labels, ignore_index=-1, reduction="sum")
    return total / (labels >= 0).sum().clamp(min=1)


def rotate_randomly(images: Tensor, random: StepRandom) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W), H = W, each turned by a random number of quarters, and these numbers (N,)."""
    turns = random.integers(0, 3, len(images))
    turned = torch.stack([torch.rot90(images, quarters, (2, 3)) for quarters in range(4)])
    return turned[turns, torch.arange(len(images), device=images.device)], turns


def rotation_cross_entropy(discriminator: Discriminator, images: Tensor, turns: Tensor) -> Tensor:
    """Mean cross-entropy of telling by how many quarters images were turned (Gidaris et al. 2018).

    Raises:
        UsageError: The discriminator was built without a head for it.
    """
    if not isinstance(discriminator, RotationClassifier):
        raise UsageError(f"{type(discriminator).__name__} cannot tell rotations. Write `-o loss.w_rotation=0`.")
    return F.cross_entropy(discriminator.classify_rotation(images).float(), turns)


def r1_penalty(discriminator: Discriminator, x: Tensor) -> Tensor:
    """R1: half the mean squared norm of the validity's gradient at real images x (Mescheder et al. 2018, eq. 9)."""
    at = x.detach().requires_grad_()
    validity = discriminator(at).validity.float().flatten(1).mean(1).sum()
    (slope,) = torch.autograd.grad(validity, at, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean() / 2
