from dataclasses import dataclass

import torch
from torch import Tensor

from zoo_core import Fake


@dataclass(frozen=True)
class ExtendedFake(Fake):
    extra: Tensor
    name: str = "extended"


def test_detach_detaches_every_tensor_and_keeps_other_fields() -> None:
    weight = torch.ones(1, requires_grad=True)
    fake = ExtendedFake(weight * 2, weight * 3)
    detached = fake.detach()
    assert isinstance(detached, ExtendedFake)
    assert not detached.images.requires_grad
    assert not detached.extra.requires_grad
    assert fake.images.requires_grad
    assert detached.name == "extended"
    assert detached.extra.item() == 3
