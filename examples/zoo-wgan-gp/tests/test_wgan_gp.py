"""WGAN-GP against the formulas of its paper, and as a user meets it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from zoo_wgan_gp.gan import Critic, UpsamplingGenerator, WassersteinGP, gradient_penalty, interpolated

from zoo_core import (
    Batch,
    DatasetRequest,
    Discriminator,
    Fake,
    ImageSpec,
    Logits,
    StepRandom,
    Trainer,
    TrainingData,
    TrainSettings,
    UsageError,
    digits,
)
from zoo_core.plugin_kit.checks import component_checks

SPEC = ImageSpec(1, 8, 8)


class Linear(Discriminator):
    """D(x) = slope * sum(x) for each patch: on 64 pixels its gradient has norm 8 * slope everywhere."""

    def __init__(self, slope: float, patches: int = 1) -> None:
        super().__init__(SPEC)
        self.slope = torch.nn.Parameter(torch.tensor(slope))
        self.patches = patches

    def forward(self, images: Tensor) -> Logits:
        """The same score for every patch."""
        score = self.slope * images.sum((1, 2, 3))
        return Logits(score.view(-1, 1, 1, 1).expand(-1, 1, self.patches, self.patches))


def random() -> StepRandom:
    """The same numbers at every call."""
    return StepRandom(0, 0, "test")


@pytest.mark.parametrize("check", component_checks("wgan-gp"), ids=str)
def test_contract(check: Callable[[], None]) -> None:
    """What every component of the zoo keeps."""
    check()


@pytest.mark.parametrize("patches", [1, 3])
@pytest.mark.parametrize(("slope", "penalty"), [(0.125, 0.0), (0.5, 9.0), (-0.25, 1.0), (0.0, 1.0)])
def test_the_penalty_of_a_linear_critic_is_known(slope: float, penalty: float, patches: int) -> None:
    """(8 * |slope| - 1)^2, wherever it is measured and however many patches say it."""
    assert gradient_penalty(Linear(slope, patches), torch.randn(5, 1, 8, 8)).item() == pytest.approx(penalty, abs=1e-5)


def test_the_penalty_teaches_the_critics_weights() -> None:
    """d/ds (8 s - 1)^2 = 16 (8 s - 1), which is 48 at s = 0.5; a real critic learns in every weight but biases."""
    linear, critic = Linear(0.5), Critic(SPEC, width=4)
    for network in (linear, critic):
        gradient_penalty(network, torch.randn(5, 1, 8, 8)).backward()
    assert linear.slope.grad is not None
    assert linear.slope.grad.item() == pytest.approx(48, rel=1e-5)
    taught = [name for name, weight in critic.named_parameters() if weight.grad is not None and weight.grad.any()]
    assert {f"layers.{layer}.weight" for layer in (0, 2, 4, 7)} <= set(taught)


def test_points_lie_between_the_images_each_at_its_own_place() -> None:
    """From black to white every pixel is the same grey, another in each image; from white to white all is white."""
    white = torch.ones(6, 1, 8, 8)
    points = interpolated(white, -white, random())
    shades = points.flatten(1)
    assert torch.equal(shades, shades[:, :1].expand(-1, 64))
    assert len(shades[:, 0].unique()) == 6
    assert points.abs().max() <= 1
    assert torch.allclose(interpolated(white, white, random()), white)


def test_terms_by_hand() -> None:
    """With slope 0.5 on 64 pixels, white scores 32 and black -32."""
    batch, fake = Batch(torch.ones(2, 1, 8, 8), torch.full((2,), -1)), Fake(-torch.ones(2, 1, 8, 8))
    loss, critic = WassersteinGP(critic_steps=3, w_gp=7.0), Linear(0.5)
    terms = loss.discriminator_terms(critic, batch, fake, random())
    assert {name: (term.value.item(), term.weight) for name, term in terms.items()} == {
        "adv": (-64.0, 1.0),
        "gp": (pytest.approx(9.0), 7.0),
    }
    assert loss.generator_terms(critic, batch, fake, random())["adv"].value.item() == 32.0
    assert loss.discriminator_steps == 3


def test_half_precision_leaves_the_critics_step_in_float32(tmp_path: Path) -> None:
    """With bf16 networks the penalty is still computed, and finite."""
    data = TrainingData(digits(DatasetRequest("train", 16)), labels=0)
    networks = UpsamplingGenerator(data.spec, width=4), Critic(data.spec, width=4)
    settings = TrainSettings(steps=2, batch_size=4, log_every=1, precision="bf16", device="cpu")
    Trainer(*networks, WassersteinGP(), data, settings, tmp_path / "run").train()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum("discriminator/gp" in json.loads(line) for line in lines) == 2


def test_a_size_it_cannot_make_is_refused_with_one_it_can() -> None:
    """The message names what to type."""
    with pytest.raises(UsageError, match="--image-size 32"):
        UpsamplingGenerator(ImageSpec(1, 30, 30))


def test_it_trains_from_the_command_line(tmp_path: Path) -> None:
    """Three steps leave a sample grid and a checkpoint, and the end is told."""
    command = [sys.executable, "-m", "zoo_core", "train", "wgan-gp", "--steps", "3", "--batch-size", "8"]
    done = subprocess.run(
        [*command, "--run-dir", str(tmp_path / "run"), "--json"], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["steps"] == 3
    assert [path.name for path in (tmp_path / "run" / "samples").iterdir()] == ["step-00000003.png"]
    assert (tmp_path / "run" / "checkpoints" / "step-00000003").is_dir()
