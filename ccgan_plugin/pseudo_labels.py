"""Classes of unlabelled images, as an averaged critic sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zoo_core import Batch, all_reduce_mean

MEMORY = 0.99  # of the running frequencies


@dataclass(frozen=True, kw_only=True)
class PseudoLabelledBatch(Batch):
    """A batch with a class for each image that is learnt from what an averaged critic sees in it.

    Attributes:
        classes: int64 (M,); the label where there is one, else what is thought most likely.
        trust: float32 (M,); 1 where the class is to be learnt, else 0.
    """

    pseudo_labels: Tensor
    selected: Tensor


def select_pseudo_labels(labels: Tensor, probabilities: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """The most likely classes, trusted where their probability reaches a threshold.

    Args:
        labels: (M,); a known label stands, whatever the probabilities say.
        probabilities: (M, K).
        threshold: The least probability that is trusted.

    Returns:
        Classes and trust, as `PseudoLabelledBatch` has them.
    """
    certainty, likely = probabilities.max(1)
    known = labels >= 0
    return torch.where(known, labels, likely), (known | (certainty >= threshold)).float()


def pseudo_label_cross_entropy(logits: Tensor, batch: PseudoLabelledBatch) -> Tensor:
    """Cross-entropy of class logits (M, K), summed over the trusted images and divided by the number of all."""
    return (batch.selected * F.cross_entropy(logits.float(), batch.pseudo_labels, reduction="none")).mean()


class DistributionAlignment(nn.Module):
    """How often each class was named lately: a running mean of probabilities, part of the checkpoint."""

    running: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running", torch.empty(0))

    def align(self, probabilities: Tensor) -> Tensor:
        """Probabilities (N, K) divided by the frequencies, after these have taken them in, and normalised again.

        Distribution alignment (ReMixMatch, Berthelot et al. 2020, section 3.1) towards classes of the same frequency.
        """
        classes = probabilities.shape[1]
        before = self.running if len(self.running) else probabilities.new_full((classes,), 1 / classes)
        self.running = MEMORY * before + (1 - MEMORY) * all_reduce_mean(probabilities.mean(0))
        weighed = probabilities / self.running
        return weighed / weighed.sum(1, keepdim=True)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *others: Any) -> None:
        """Takes the number of classes from what is restored: it is not known before the first batch."""
        self.running = torch.empty_like(state_dict[f"{prefix}running"], device=self.running.device)
        super()._load_from_state_dict(state_dict, prefix, *others)
