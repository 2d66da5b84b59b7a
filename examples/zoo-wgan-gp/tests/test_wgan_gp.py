"""WGAN-GP meets the plugin contract, matches the formulas of its paper and runs from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor
from zoo_wgan_gp.gan import Critic, UpsamplingGenerator, WGANGPLoss, compute_gradient_penalty, interpolate

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
from zoo_core.plugin_kit import Check, component_checks

SPEC = ImageSpec(1, 8, 8)


class LinearCritic(Discriminator):
    """D(x) = slope * sum(x) for each patch: on 64 pixels its gradient has norm 8 * slope everywhere."""

    def __init__(self, slope: float, patches: int = 1) -> None:
        super().__init__(SPEC)
        self.slope = torch.nn.Parameter(torch.tensor(slope))
        self.patches = patches

    def forward(self, images: Tensor) -> Logits:
        """Returns the same score for every patch."""
        score = self.slope * images.sum((1, 2, 3))
        return Logits(score.view(-1, 1, 1, 1).expand(-1, 1, self.patches, self.patches))


def make_random() -> StepRandom:
    """Draws the same numbers after every call."""
    return StepRandom(0, 0, "test")


@pytest.mark.parametrize("check", component_checks("wgan-gp"), ids=str)
def test_components_meet_the_plugin_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize("patches", [1, 3])
@pytest.mark.parametrize(("slope", "penalty"), [(0.125, 0.0), (0.5, 9.0), (-0.25, 1.0), (0.0, 1.0)])
def test_the_penalty_of_a_linear_critic_matches_its_formula(slope: float, penalty: float, patches: int) -> None:
    """(8 * |slope| - 1)^2 at every point and for any number of patches."""
    critic = LinearCritic(slope, patches)
    assert compute_gradient_penalty(critic, torch.randn(5, 1, 8, 8)).item() == pytest.approx(penalty, abs=1e-5)


def test_the_penalty_trains_the_weights_of_the_critic() -> None:
    """d/ds (8 s - 1)^2 = 16 (8 s - 1), which is 48 at s = 0.5; all weights of a real critic except biases learn."""
    linear, critic = LinearCritic(0.5), Critic(SPEC, width=4)
    for network in (linear, critic):
        torch.autograd.backward(compute_gradient_penalty(network, torch.randn(5, 1, 8, 8)))
    assert linear.slope.grad is not None
    assert linear.slope.grad.item() == pytest.approx(48, rel=1e-5)
    trained = {name for name, weight in critic.named_parameters() if weight.grad is not None and weight.grad.any()}
    assert {f"layers.{layer}.weight" for layer in (0, 2, 4, 7)} <= trained


def test_each_interpolated_point_is_at_a_different_place_between_its_images() -> None:
    """Between white and black, each image is a different uniform grey; between white and white, it is white."""
    white = torch.ones(6, 1, 8, 8)
    points = interpolate(white, -white, make_random())
    shades = points.flatten(1)
    assert torch.equal(shades, shades[:, :1].expand(-1, 64))
    assert len(set(shades[:, 0].tolist())) == 6
    assert points.abs().max() <= 1
    assert torch.allclose(interpolate(white, white, make_random()), white)


def test_terms_match_values_computed_by_hand() -> None:
    """With slope 0.5 on 64 pixels, white scores 32 and black -32."""
    batch, fake = Batch(torch.ones(2, 1, 8, 8), torch.full((2,), -1)), Fake(-torch.ones(2, 1, 8, 8))
    loss, critic = WGANGPLoss(critic_steps=3, w_gp=7.0), LinearCritic(0.5)
    terms = loss.discriminator_terms(critic, batch, fake, make_random())
    assert {name: (term.value.item(), term.weight) for name, term in terms.items()} == {
        "adv": (-64.0, 1.0),
        "gp": (pytest.approx(9.0), 7.0),
    }
    assert loss.generator_terms(critic, batch, fake, make_random())["adv"].value.item() == 32.0
    assert loss.discriminator_steps == 3


def test_the_penalty_is_computed_when_networks_run_in_bf16(tmp_path: Path) -> None:
    data = TrainingData(digits(DatasetRequest("train", 16)), labels=0)
    networks = UpsamplingGenerator(data.spec, width=4), Critic(data.spec, width=4)
    settings = TrainSettings(steps=2, batch_size=4, log_every=1, precision="bf16", device="cpu")
    Trainer(*networks, WGANGPLoss(), data, settings, tmp_path / "run").train()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum("discriminator/gp" in json.loads(line) for line in lines) == 2


def test_the_error_for_an_unsuitable_size_suggests_a_suitable_one() -> None:
    with pytest.raises(UsageError, match="--image-size 32"):
        UpsamplingGenerator(ImageSpec(1, 30, 30))


def test_training_works_from_the_command_line(tmp_path: Path) -> None:
    """Three steps write a sample grid and a checkpoint, and the summary is printed."""
    command = [sys.executable, "-m", "zoo_core", "train", "wgan-gp", "--steps", "3", "--batch-size", "8"]
    done = subprocess.run(
        [*command, "--run-dir", str(tmp_path / "run"), "--json"], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["steps"] == 3
    assert [path.name for path in (tmp_path / "run" / "samples").iterdir()] == ["step-00000003.png"]
    assert (tmp_path / "run" / "checkpoints" / "step-00000003").is_dir()
