"""The loss terms of CC-GAN, as functions of tensors."""

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core import Discriminator, RotationClassifier, StepRandom, UsageError, all_reduce_mean


def masked_mse(x: Tensor, x_g: Tensor, masks: Tensor) -> Tensor:
    """Mean squared error inside holes: sum(mask * (x - x_G)^2) / (missing pixels * channels).

    This is L_rec of Context Encoders (Pathak et al. 2016, equation 1), made independent of the size of holes. Original
    and generated images are (N, C, H, W) in [-1, 1]; masks are (N, 1, H, W), 1 where pixels are missing.
    """
    error = masks * (x.float() - x_g.float()) ** 2
    return error.sum() / (all_reduce_mean(masks.sum()) * x.shape[1]).clamp(min=1)


def bce(logits: Tensor, target: float) -> Tensor:
    """Mean binary cross-entropy with logits, with the same target for all."""
    return F.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, target, dtype=torch.float32))


def class_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of class logits (N, K) with labels (N,) over the labelled images; 0 if every label is -1."""
    total = F.cross_entropy(logits.float(), labels, ignore_index=-1, reduction="sum")
    return total / (labels >= 0).sum().clamp(min=1)


def rotate_randomly(images: Tensor, random: StepRandom) -> tuple[Tensor, Tensor]:
    """Rotates square images (N, C, H, W) by random numbers of quarter turns, and also returns these numbers (N,)."""
    turns = random.integers(0, 3, len(images))
    rotations = torch.stack([torch.rot90(images, quarters, (2, 3)) for quarters in range(4)])
    return rotations[turns, torch.arange(len(images), device=images.device)], turns


def rotation_cross_entropy(discriminator: Discriminator, images: Tensor, turns: Tensor) -> Tensor:
    """Mean cross-entropy of the predicted numbers of quarter turns (N,) of rotated images (Gidaris et al. 2018).

    Raises:
        UsageError: The discriminator cannot predict rotations.
    """
    if not isinstance(discriminator, RotationClassifier):
        raise UsageError(f"{type(discriminator).__name__} cannot predict rotations. Write `-o loss.w_rotation=0`.")
    return F.cross_entropy(discriminator.classify_rotation(images).float(), turns)
