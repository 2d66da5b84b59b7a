import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor
from zoo_dcgan.gan import ImageToLogit, NoiseToImage, NonSaturating

from zoo_core import Batch, Discriminator, Fake, ImageSpec, Logits, StepRandom
from zoo_core.plugin_kit.checks import Check, component_checks

SPEC = ImageSpec(3, 64, 64)


@pytest.mark.parametrize("check", component_checks("dcgan"), ids=str)
def test_contract(check: Check) -> None:
    check()


class Sure(Discriminator):
    """Gives every image the logit 2 if it is bright, else -1."""

    def forward(self, images: Tensor) -> Logits:
        return Logits(torch.where(images.mean((1, 2, 3)) > 0, 2.0, -1.0)[:, None])


def test_terms_by_hand() -> None:
    """-log sigmoid(2) - log(1 - sigmoid(-1)) for the critic, -log sigmoid(-1) for the generator."""
    batch = Batch(torch.full((2, 3, 8, 8), 0.5), torch.tensor([-1, -1]))
    arguments = Sure(SPEC), batch, Fake(-batch.images), StepRandom(0, 0, "test")
    critic, generator = (
        terms(*arguments)["adv"].value.item()
        for terms in (NonSaturating().discriminator_terms, NonSaturating().generator_terms)
    )
    assert critic == pytest.approx(math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1)), rel=1e-5)
    assert generator == pytest.approx(math.log(1 + math.exp(1)), rel=1e-5)


def test_other_noise_makes_other_images() -> None:
    generator = NoiseToImage(SPEC).eval()
    first, again, other = (generator.sample(2, StepRandom(seed, 0, "test")) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_one_logit_for_an_image() -> None:
    assert ImageToLogit(SPEC)(torch.zeros(5, 3, 64, 64)).validity.shape == (5, 1)


def test_it_trains_and_samples_from_the_command_line(tmp_path: Path) -> None:
    zoo = [sys.executable, "-m", "zoo_core"]
    run, picture = tmp_path / "run", tmp_path / "samples.png"
    trained = subprocess.run([*zoo, "train", "dcgan", "--steps", "3", "--run-dir", run], capture_output=True, text=True)
    assert trained.returncode == 0, trained.stderr
    assert "uses no labels" in trained.stderr
    subprocess.run([*zoo, "sample", run, "--count", "6", "--output", picture], check=True, capture_output=True)
    with Image.open(picture) as image:
        assert image.size == (4 * 98, 2 * 98)
