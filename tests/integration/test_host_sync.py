"""No training step makes the host wait for an accelerator; every operator of real steps is checked, on any device."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from host_sync import HostSyncDetector
from torch import Tensor

from ccgan_plugin.masks import MASK_FUNCTIONS, MaskShape
from registry import Catalogue
from zoo_core import Batch, StepRandom, Term, Terms, Trainer
from zoo_core.config.composition import Composition
from zoo_core.config.sections import merge_sections

SMALL = {"generator": {"width": 2}, "discriminator": {"width": 2}, "train": {"batch_size": 12, "steps": 2}}
RECIPES = ("ccgan", "ccgan-modern", "ccgan-paper", "ccgan2-paper", "labels-only", "context-encoder")
SYNCHRONIZATIONS: dict[str, Callable[[Tensor], object]] = {
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


def make_trainer(catalogue: Catalogue, recipe: str, folder: Path) -> Trainer:
    settings = merge_sections(catalogue.find("recipe", recipe).load().to_sections(), SMALL)
    settings["train"]["finetune_steps"] = 1 if "paper" in recipe else 0
    return Composition.from_settings(catalogue, recipe, settings).build_trainer(folder / "run")


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_step_synchronizes(catalogue: Catalogue, recipe: str, tmp_path: Path) -> None:
    """The second step is checked, when optimisers and EMA have their buffers; batches are loaded before."""
    trainer = make_trainer(catalogue, recipe, tmp_path)
    batches = [trainer.load_batch(number) for number in range(3)]
    trainer.training_step.train(0, [batches[0]])
    with HostSyncDetector() as detector:
        trainer.training_step.train(1, [batches[1]])
        if trainer.settings.finetune_steps:
            trainer.training_step.finetune(2, batches[2])
    assert detector.found == []


@pytest.fixture(scope="module")
def trainer(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    return make_trainer(catalogue, "ccgan", tmp_path_factory.mktemp("trainer"))


@pytest.mark.parametrize("kind", SYNCHRONIZATIONS)
def test_every_kind_of_synchronization_in_a_step_is_found(
    trainer: Trainer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the test above fails if a step contains one of them, and names the line."""
    loss, batch = trainer.training_step.loss, trainer.load_batch(0)
    generator_terms = loss.generator_terms

    def synchronize(discriminator: Any, batch: Batch, fake: Any, random: Any) -> Terms:
        SYNCHRONIZATIONS[kind](batch.images)
        return {**generator_terms(discriminator, batch, fake, random), "mean": Term(fake.images.mean())}

    monkeypatch.setattr(loss, "generator_terms", synchronize)
    with HostSyncDetector() as detector:
        trainer.training_step.train(0, [batch])
    assert len(detector.found) == 1
    assert f"{__file__}:" in detector.found[0]


@pytest.mark.parametrize("shape", MASK_FUNCTIONS)
def test_no_mask_function_synchronizes(shape: MaskShape) -> None:
    images, random = torch.zeros(2, 3, 32, 32), StepRandom(0, 0, "masks")
    with HostSyncDetector() as detector:
        MASK_FUNCTIONS[shape](images, 0.5, random)
    assert detector.found == []


def test_a_synchronization_in_the_backward_pass_is_found() -> None:
    class Synchronizing(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, slope: Tensor) -> Tensor:
            return slope * slope.sum().item()

    x = torch.ones(3, requires_grad=True)
    with HostSyncDetector() as detector:
        Synchronizing.apply(x).sum().backward()
    assert len(detector.found) == 1
