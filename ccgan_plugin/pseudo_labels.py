"""Pseudo-labels: classes that the EMA teacher predicts for unlabelled images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zoo_core import Batch, all_reduce_mean

DECAY = 0.99  # of the running mean of predictions


@dataclass(frozen=True, kw_only=True)
class PseudoLabelledBatch(Batch):
    """A batch with a pseudo-label for each image that the adversarial terms use.

    Attributes:
        pseudo_labels: int64 (M,); the known label, or the class that the teacher predicts.
        selected: float32 (M,); 1 where the pseudo-label is learnt, 0 where the prediction is too uncertain.
    """

    pseudo_labels: Tensor
    selected: Tensor


def select_pseudo_labels(labels: Tensor, probabilities: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """Takes the most likely classes as pseudo-labels, and selects those with a high probability.

    Args:
        labels: int64 (M,), -1 where unknown. A known label replaces the prediction and is always selected.
        probabilities: Predicted class probabilities, (M, K).
        threshold: Smallest probability of a selected prediction, in [0, 1].

    Returns:
        `pseudo_labels` and `selected` of a `PseudoLabelledBatch`, both (M,).
    """
    confidence, predicted = probabilities.max(1)
    known = labels >= 0
    return torch.where(known, labels, predicted), (known | (confidence >= threshold)).float()


def pseudo_label_cross_entropy(logits: Tensor, batch: PseudoLabelledBatch) -> Tensor:
    """Cross-entropy of class logits (M, K), summed over the selected images and divided by the number M of all."""
    return (batch.selected * F.cross_entropy(logits.float(), batch.pseudo_labels, reduction="none")).mean()


class DistributionAlignment(nn.Module):
    """Distribution alignment: divides predictions by their running mean, which every checkpoint contains.

    Source: ReMixMatch (Berthelot et al. 2020, section 3.1), here with equally frequent classes as the target.
    """

    running: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running", torch.empty(0))

    def align(self, probabilities: Tensor) -> Tensor:
        """Updates the running mean with probabilities (N, K), and returns them divided by it and normalised."""
        classes = probabilities.shape[1]
        previous = self.running if len(self.running) else probabilities.new_full((classes,), 1 / classes)
        self.running = DECAY * previous + (1 - DECAY) * all_reduce_mean(probabilities.mean(0))
        aligned = probabilities / self.running
        return aligned / aligned.sum(1, keepdim=True)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *others: Any) -> None:
        """Resizes the buffer first: the number of classes is unknown before the first batch."""
        self.running = torch.empty_like(state_dict[f"{prefix}running"], device=self.running.device)
        super()._load_from_state_dict(state_dict, prefix, *others)
