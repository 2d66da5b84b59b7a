"""DCGAN meets the plugin contract, matches its formulas and runs from the command line."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor
from zoo_dcgan.gan import DCGANDiscriminator, DCGANGenerator, NonSaturatingLoss

from zoo_core import Batch, Discriminator, Fake, ImageSpec, Logits, StepRandom
from zoo_core.plugin_kit import Check, component_checks

SPEC = ImageSpec(3, 64, 64)


@pytest.mark.parametrize("check", component_checks("dcgan"), ids=str)
def test_components_meet_the_plugin_contract(check: Check) -> None:
    check()


class BrightnessDiscriminator(Discriminator):
    """Returns the logit 2 for bright images and -1 for dark ones."""

    def forward(self, images: Tensor) -> Logits:
        return Logits(torch.where(images.mean((1, 2, 3)) > 0, 2.0, -1.0)[:, None])


def test_terms_match_values_computed_by_hand() -> None:
    """-log sigmoid(2) - log(1 - sigmoid(-1)) for the discriminator, -log sigmoid(-1) for the generator."""
    batch = Batch(torch.full((2, 3, 8, 8), 0.5), torch.tensor([-1, -1]))
    arguments = BrightnessDiscriminator(SPEC), batch, Fake(-batch.images), StepRandom(0, 0, "test")
    discriminator, generator = (
        terms(*arguments)["adv"].value.item()
        for terms in (NonSaturatingLoss().discriminator_terms, NonSaturatingLoss().generator_terms)
    )
    assert discriminator == pytest.approx(math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1)), rel=1e-5)
    assert generator == pytest.approx(math.log(1 + math.exp(1)), rel=1e-5)


def test_images_depend_only_on_the_noise() -> None:
    generator = DCGANGenerator(SPEC).eval()
    first, repeated, other = (generator.sample(2, StepRandom(seed, 0, "test")) for seed in (0, 0, 1))
    assert torch.equal(first, repeated)
    assert not torch.equal(first, other)


def test_the_discriminator_returns_one_logit_per_image() -> None:
    assert DCGANDiscriminator(SPEC)(torch.zeros(5, 3, 64, 64)).validity.shape == (5, 1)


def test_training_and_sampling_work_from_the_command_line(tmp_path: Path) -> None:
    zoo = [sys.executable, "-m", "zoo_core"]
    run, output = tmp_path / "run", tmp_path / "samples.png"
    done = subprocess.run([*zoo, "train", "dcgan", "--steps", "3", "--run-dir", run], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "uses no labels" in done.stderr
    subprocess.run([*zoo, "sample", run, "--count", "6", "--output", output], check=True, capture_output=True)
    with Image.open(output) as image:
        assert image.size == (4 * 98, 2 * 98)
