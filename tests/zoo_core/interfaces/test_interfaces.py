from dataclasses import dataclass

import torch
from torch import Tensor

from zoo_core import Fake


@dataclass(frozen=True)
class Two(Fake):
    extra: Tensor
    name: str = "two"


def test_detach_cuts_every_tensor_off_and_keeps_the_rest() -> None:
    weight = torch.ones(1, requires_grad=True)
    fake = Two(weight * 2, weight * 3)
    cut = fake.detach()
    assert isinstance(cut, Two)
    assert not cut.images.requires_grad
    assert not cut.extra.requires_grad
    assert fake.images.requires_grad
    assert cut.name == "two"
    assert cut.extra.item() == 3
