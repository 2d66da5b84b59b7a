"""No step makes an accelerator wait for the host: every operator of real steps is looked at, wherever they run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from waiting import Waits

from ccgan_plugin.masks import MASK_SHAPES, MaskShape
from registry import Catalogue
from zoo_core import Batch, StepRandom, Term, Terms, Trainer
from zoo_core.config.composition import Composition
from zoo_core.config.layers import merge_layers

SMALL = {"generator": {"width": 2}, "discriminator": {"width": 2}, "train": {"batch_size": 12, "steps": 2}}
RECIPES = ("ccgan", "ccgan-modern", "ccgan-paper", "ccgan2-paper", "labels-only", "context-encoder")
ASKERS: dict[str, Callable[[Tensor], object]] = {
    "item": lambda x: x.sum().item(),
    "if": lambda x: 1 if x.sum() > 0 else 0,
    "float": lambda x: float(x.sum()),
    "nonzero": lambda x: torch.nonzero(x),
    "where": lambda x: torch.where(x > 0),
    "mask": lambda x: x[x > 0],
    "masked_select": lambda x: torch.masked_select(x, x > 0),
    "equal": lambda x: torch.equal(x, x),
    "unique": lambda x: torch.unique(x),
    "cpu": lambda x: x.cpu(),
    "tolist": lambda x: x.tolist(),
    "numpy": lambda x: x.detach().numpy(),
}


def trainer(catalogue: Catalogue, recipe: str, folder: Path) -> Trainer:
    settings = merge_layers(catalogue.find("recipe", recipe).load().sections(), SMALL)
    settings["train"]["finetune_steps"] = 1 if "paper" in recipe else 0
    return Composition.from_settings(catalogue, recipe, settings).trainer(folder / "run")


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_step_waits(catalogue: Catalogue, recipe: str, tmp_path: Path) -> None:
    """The second step is watched, in which optimisers and averages have their buffers; batches are made before."""
    trained = trainer(catalogue, recipe, tmp_path)
    batches = [trained.batch(number) for number in range(3)]
    trained.training_step.play(0, batches.__getitem__)
    with Waits() as waits:
        trained.training_step.play(1, batches.__getitem__)
        if trained.settings.finetune_steps:
            trained.training_step.finetune(2, batches.__getitem__)
    assert waits.found == []


@pytest.fixture(scope="module")
def trained(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    return trainer(catalogue, "ccgan", tmp_path_factory.mktemp("trained"))


@pytest.mark.parametrize("way", ASKERS)
def test_every_way_of_asking_is_seen_in_a_step(trained: Trainer, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above fails where one of them comes into a step, and says where."""
    loss, batch = trained.training_step.loss, trained.batch(0)
    terms = loss.generator_terms

    def asking(discriminator: Any, batch: Batch, fake: Any, random: Any) -> Terms:
        ASKERS[way](batch.images)
        return {**terms(discriminator, batch, fake, random), "asked": Term(fake.images.mean())}

    monkeypatch.setattr(loss, "generator_terms", asking)
    with Waits() as waits:
        trained.training_step.play(0, lambda _: batch)
    assert len(waits.found) == 1
    assert f"{__file__}:" in waits.found[0]


@pytest.mark.parametrize("hole", MASK_SHAPES)
def test_no_kind_of_hole_waits(mask: MaskShape) -> None:
    x, random = torch.zeros(2, 3, 32, 32), StepRandom(0, 0, "masks")
    with Waits() as waits:
        MASK_SHAPES[mask](x, 0.5, random)
    assert waits.found == []


def test_what_the_backward_pass_asks_is_seen_too() -> None:
    class Asking(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, slope: Tensor) -> Tensor:
            return slope * slope.sum().item()

    x = torch.ones(3, requires_grad=True)
    with Waits() as waits:
        Asking.apply(x).sum().backward()
    assert len(waits.found) == 1
