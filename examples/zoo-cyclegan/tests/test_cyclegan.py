"""CycleGAN meets the plugin contract, matches its formulas and published networks, and runs from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from zoo_cyclegan.loss import CycleGANLoss
from zoo_cyclegan.networks import PatchGANPair, ResNetPair
from zoo_cyclegan.pool import ImagePool

from zoo_core import (
    Batch,
    DatasetRequest,
    Discriminator,
    Generator,
    ImageSpec,
    Logits,
    StepRandom,
    Terms,
    Trainer,
    TrainingData,
    TrainSettings,
    UsageError,
    folder,
)
from zoo_core.plugin_kit import Check, component_checks

SPEC = ImageSpec(3, 16, 16, 2)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with 12 dark images of class A and 16 bright ones of class B."""
    for name, count, brightness in (("dusk", 12, 0), ("noon", 16, 128)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(count):
            pixels = StepRandom(number, 0, name).integers(brightness, brightness + 127, 20, 24, 3)
            Image.fromarray(pixels.to(torch.uint8).numpy()).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize("check", component_checks("cyclegan"), ids=str)
def test_components_meet_the_plugin_contract(check: Check) -> None:
    check()


class SimpleTranslator(Generator):
    """Translates to class A by halving, and to class B by changing the sign."""

    def translate_to_a(self, images: Tensor) -> Tensor:
        return images / 2

    def translate_to_b(self, images: Tensor) -> Tensor:
        return -images


class BrightnessDiscriminator(Discriminator):
    """Returns the mean of each image as its logit, multiplied by ten for the second half of a batch."""

    def forward(self, images: Tensor) -> Logits:
        a, b = images.mean((1, 2, 3)).chunk(2)
        return Logits(torch.cat([a, 10 * b])[:, None])


def check_terms(terms: Terms, expected: dict[str, tuple[float, float]]) -> None:
    """Compares the value and weight of every term."""
    assert terms.keys() == expected.keys()
    for name, (value, weight) in expected.items():
        assert terms[name].value.item() == pytest.approx(value), name
        assert terms[name].weight == weight, name


def test_terms_match_values_computed_by_hand() -> None:
    """a = 0.8, b = -0.4: F(b) = -0.2 and G(a) = -0.8, F(G(a)) = -0.4 and G(F(b)) = 0.2, F(a) = 0.4 and G(b) = 0.4."""
    images = torch.tensor([0.8, 0.8, -0.4, -0.4])[:, None, None, None].expand(4, 3, 16, 16)
    batch, random = Batch(images, torch.tensor([0, 0, 1, 1])), StepRandom(0, 0, "test")
    loss, discriminator = CycleGANLoss(w_cycle=7.0, w_identity=3.0), BrightnessDiscriminator(SPEC)
    fake = loss.generate(SimpleTranslator(SPEC), batch, random)
    real_error, fake_error = ((0.8 - 1) ** 2 + (-4 - 1) ** 2) / 2, (0.2**2 + 8**2) / 2
    check_terms(
        loss.discriminator_terms(discriminator, batch, fake.detach(), random), {"adv": (real_error + fake_error, 1.0)}
    )
    check_terms(
        loss.generator_terms(discriminator, batch, fake, random),
        {
            "adv": (((-0.2 - 1) ** 2 + (-8 - 1) ** 2) / 2, 1.0),
            "cycle": ((abs(-0.4 - 0.8) + abs(0.2 + 0.4)) / 2, 7.0),
            "identity": ((abs(0.4 - 0.8) + abs(0.4 + 0.4)) / 2, 3.0),
        },
    )


def test_the_identity_term_is_not_computed_without_weight() -> None:
    batch = Batch(torch.zeros(2, 3, 16, 16), torch.tensor([0, 1]))
    random, discriminator = StepRandom(0, 0, "test"), BrightnessDiscriminator(SPEC)
    fake = CycleGANLoss(w_identity=0).generate(SimpleTranslator(SPEC), batch, random)
    assert fake.identity is None
    terms = CycleGANLoss(w_identity=0).generator_terms(discriminator, batch, fake, random)
    assert terms.keys() == {"adv", "cycle"}


def test_networks_have_the_published_size() -> None:
    """The authors' program prints 11.378 and 2.765 million weights for each network of its default setting."""
    with torch.device("meta"):
        generator, discriminator = (network(ImageSpec(3, 256, 256, 2)) for network in (ResNetPair, PatchGANPair))
        patches = discriminator(torch.empty(4, 3, 256, 256)).validity
    assert [
        round(sum(weight.numel() for weight in network.parameters()) / 2e6, 3) for network in (generator, discriminator)
    ] == [11.378, 2.765]
    assert patches.shape == (4, 1, 30, 30)


def test_every_image_is_translated_to_the_other_class() -> None:
    """The labels may be in any order."""
    generator, images = ResNetPair(SPEC, width=4, blocks=1), StepRandom(0, 0, "test").normal(3, 3, 16, 16)
    translated = generator.translate(images, torch.tensor([1, 0, 1]))
    to_a, to_b = generator.translate_to_a(images), generator.translate_to_b(images)
    assert torch.equal(translated, torch.stack([to_a[0], to_b[1], to_a[2]]))
    assert not torch.allclose(to_a, to_b)


def test_each_half_of_a_batch_has_its_own_discriminator() -> None:
    """Changing the discriminator of class B changes no logit of class A."""
    discriminator, images = PatchGANPair(SPEC, width=4, depth=2), StepRandom(0, 0, "test").normal(4, 3, 16, 16)
    before = discriminator(images).validity
    for weight in discriminator.patchgan_b.parameters():
        torch.nn.init.zeros_(weight)
    after = discriminator(images).validity
    assert torch.equal(before[:2], after[:2])
    assert torch.equal(after[2:], torch.zeros_like(after[2:]))
    assert before[2:].abs().min() > 0


def make_numbered_images(start: int, count: int) -> Tensor:
    """Small images, each filled with its number."""
    return torch.arange(float(start), start + count)[:, None, None, None].expand(-1, 1, 2, 2)


def read_numbers(images: Tensor) -> list[float]:
    """The numbers of small images."""
    return images.flatten(1)[:, 0].tolist() if len(images) else []


def test_a_full_pool_exchanges_half_of_the_images_and_loses_none() -> None:
    """Of 400 images after the first 48, about 200 are kept for later, within four standard deviations."""
    pool, swaps = ImagePool(48), 0
    for step in range(112):
        before, new = read_numbers(pool.images), read_numbers(make_numbered_images(4 * step, 4))
        returned = read_numbers(pool.exchange(make_numbered_images(4 * step, 4), StepRandom(0, step, "test")))
        after = read_numbers(pool.images)
        if step < 12:
            assert returned == new
            assert after == before + new
        else:
            assert sorted(before + new) == sorted(returned + after)
        swaps += len(set(returned) - set(new))
    assert abs(swaps - 200) <= 4 * (400 * 0.5 * 0.5) ** 0.5


@pytest.mark.parametrize("size", [0, 3])
def test_a_batch_may_be_larger_than_the_pool(size: int) -> None:
    """No image is duplicated or lost."""
    pool = ImagePool(size)
    assert len(pool.exchange(make_numbered_images(0, 8), StepRandom(0, 0, "test"))) == 8
    kept = read_numbers(pool.images)
    assert len(kept) == size
    returned = read_numbers(pool.exchange(make_numbered_images(8, 8), StepRandom(0, 1, "test")))
    assert sorted(returned + read_numbers(pool.images)) == sorted(kept + read_numbers(make_numbered_images(8, 8)))


def train(photos: Path, run: Path, loss: CycleGANLoss, steps: int, lr: float = 2e-4) -> Trainer:
    """Trains small networks on batches of two images of each class."""
    data = TrainingData(folder(DatasetRequest("train", 16, photos)))
    torch.manual_seed(0)
    generator, discriminator = ResNetPair(data.spec, width=4, blocks=1), PatchGANPair(data.spec, width=4, depth=1)
    settings = TrainSettings(steps=steps, batch_size=4, lr=lr, log_every=1, device="cpu")
    trainer = Trainer(generator, discriminator, loss, data, settings, run)
    trainer.train()
    return trainer


def load_last_checkpoint(run: Path) -> dict[str, Tensor]:
    """Everything in the last checkpoint of a run except the optimisers."""
    files = sorted(max((run / "checkpoints").glob("step-*")).glob("*.safetensors"))
    return {f"{file.stem}.{name}": value for file in files for name, value in load_file(file).items()}


def test_dark_images_become_bright_and_bright_images_become_dark(photos: Path, tmp_path: Path) -> None:
    """The mean of dark pixels is -0.5 and that of bright ones 0.5; untrained networks output about 0."""
    generator = train(photos, tmp_path / "run", CycleGANLoss(), 40, lr=5e-3).training_step.generator
    assert isinstance(generator, ResNetPair)
    bright = StepRandom(0, 0, "test").uniform(8, 3, 16, 16)
    labels = torch.tensor([0, 1]).repeat_interleave(8)
    dark_to_bright, bright_to_dark = generator.translate(torch.cat([-bright, bright]), labels).chunk(2)
    assert dark_to_bright.mean().item() == pytest.approx(0.5, abs=0.2)
    assert bright_to_dark.mean().item() == pytest.approx(-0.5, abs=0.2)


def test_a_resumed_run_is_identical_to_an_uninterrupted_one(photos: Path, tmp_path: Path) -> None:
    """Once the pools are full, this requires that checkpoints contain their images."""
    resumed, uninterrupted = tmp_path / "resumed", tmp_path / "uninterrupted"
    for run, steps in ((resumed, 4), (resumed, 8), (uninterrupted, 8)):
        train(photos, run, CycleGANLoss(pool=5), steps)
    actual, expected = load_last_checkpoint(resumed), load_last_checkpoint(uninterrupted)
    assert actual.keys() == expected.keys()
    assert [name for name, value in expected.items() if not torch.equal(value, actual[name])] == []
    assert expected["loss.pool_a._extra_state"].shape == (5, 3, 16, 16)
    terms = [
        [line for line in (run / "metrics.jsonl").read_text().splitlines() if "generator/cycle" in line]
        for run in (resumed, uninterrupted)
    ]
    assert len(terms[0]) == 8
    assert terms[0] == terms[1]


@pytest.mark.parametrize("network", [ResNetPair, PatchGANPair])
def test_the_error_for_other_than_two_classes_says_what_to_type(network: type[ResNetPair] | type[PatchGANPair]) -> None:
    for classes in (0, 10):
        with pytest.raises(UsageError, match=r"`--data FOLDER` with a folder that contains two sub-folders"):
            network(ImageSpec(3, 32, 32, classes))


def test_training_works_from_the_command_line(photos: Path, tmp_path: Path) -> None:
    """Three steps log every term and write a sample grid that shows images next to their translations."""
    command = [sys.executable, "-m", "zoo_core", "train", "cyclegan", "--data", str(photos)]
    options = ["--run-dir", str(tmp_path / "run"), "--image-size", "16", "--steps", "3", "--width", "4"]
    subprocess.run([*command, *options], check=True, capture_output=True)
    terms = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[0])
    assert {"discriminator/adv", "generator/adv", "generator/cycle", "generator/identity"} <= terms.keys()
    with Image.open(tmp_path / "run" / "samples" / "step-00000003.png") as grid:
        assert grid.width == 2 * (96 + 2)
