"""CycleGAN against its formulas by hand and the published networks, and as a user meets it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from zoo_cyclegan.loss import CycleConsistency
from zoo_cyclegan.networks import TwoPatchGANs, TwoWayResNet
from zoo_cyclegan.pool import ImagePool

from zoo_core import (
    Batch,
    DatasetRequest,
    Discriminator,
    Generator,
    ImageSpec,
    Logits,
    StepRandom,
    Trainer,
    TrainingData,
    TrainSettings,
    UsageError,
    folder,
)
from zoo_core.plugin_kit.checks import component_checks

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
def test_contract(check: Callable[[], None]) -> None:
    """What every component of the zoo keeps."""
    check()


class Halving(Generator):
    """Into class A by halving, into class B by changing the sign."""

    def to_a(self, images: Tensor) -> Tensor:
        return images / 2

    def to_b(self, images: Tensor) -> Tensor:
        return -images


class Brightness(Discriminator):
    """One logit: an image's mean, and for the second half of a batch ten times that."""

    def forward(self, images: Tensor) -> Logits:
        a, b = images.mean((1, 2, 3)).chunk(2)
        return Logits(torch.cat([a, 10 * b])[:, None])


def test_terms_by_hand() -> None:
    """a = 0.8, b = -0.4: F(b) = -0.2 and G(a) = -0.8, F(G(a)) = -0.4 and G(F(b)) = 0.2, F(a) = 0.4 and G(b) = 0.4."""
    images = torch.tensor([0.8, 0.8, -0.4, -0.4])[:, None, None, None].expand(4, 3, 16, 16)
    batch, random = Batch(images, torch.tensor([0, 0, 1, 1])), StepRandom(0, 0, "test")
    loss, discriminator = CycleConsistency(w_cycle=7.0, w_identity=3.0), Brightness(SPEC)
    fake = loss.generate(Halving(SPEC), batch, random)
    terms = loss.discriminator_terms(discriminator, batch, fake.detach(), random)
    real, made = ((0.8 - 1) ** 2 + (-4 - 1) ** 2) / 2, (0.2**2 + 8**2) / 2
    assert {name: (term.value.item(), term.weight) for name, term in terms.items()} == {
        "adv": (pytest.approx(real + made), 1.0)
    }
    terms = loss.generator_terms(discriminator, batch, fake, random)
    assert {name: (term.value.item(), term.weight) for name, term in terms.items()} == {
        "adv": (pytest.approx(((-0.2 - 1) ** 2 + (-8 - 1) ** 2) / 2), 1.0),
        "cycle": (pytest.approx((abs(-0.4 - 0.8) + abs(0.2 + 0.4)) / 2), 7.0),
        "identity": (pytest.approx((abs(0.4 - 0.8) + abs(0.4 + 0.4)) / 2), 3.0),
    }


def test_no_identity_term_without_weight() -> None:
    """Then neither is the generator asked for it."""
    batch = Batch(torch.zeros(2, 3, 16, 16), torch.tensor([0, 1]))
    fake = CycleConsistency(w_identity=0).generate(Halving(SPEC), batch, StepRandom(0, 0, "test"))
    assert fake.identity is None
    terms = CycleConsistency(w_identity=0).generator_terms(Brightness(SPEC), batch, fake, StepRandom(0, 0, "test"))
    assert terms.keys() == {"adv", "cycle"}


def test_networks_are_as_large_as_the_published_ones() -> None:
    """The authors' program prints 11.378 and 2.765 million weights for each network of its standard setting."""
    with torch.device("meta"):
        generator, discriminator = (network(ImageSpec(3, 256, 256, 2)) for network in (TwoWayResNet, TwoPatchGANs))
        patches = discriminator(torch.empty(4, 3, 256, 256)).validity
    assert [
        round(sum(weight.numel() for weight in network.parameters()) / 2e6, 3) for network in (generator, discriminator)
    ] == [11.378, 2.765]
    assert patches.shape == (4, 1, 30, 30)


def test_every_image_is_translated_into_the_class_it_is_not_of() -> None:
    """Whatever the order of the labels."""
    generator, images = TwoWayResNet(SPEC, width=4, blocks=1), StepRandom(0, 0, "test").normal(3, 3, 16, 16)
    translated = generator.translate(images, torch.tensor([1, 0, 1]))
    to_a, to_b = generator.to_a(images), generator.to_b(images)
    assert torch.equal(translated, torch.stack([to_a[0], to_b[1], to_a[2]]))
    assert not torch.allclose(to_a, to_b)


def test_each_half_of_a_batch_has_a_judge_of_its_own() -> None:
    """What the judge of B knows changes nothing for images of A."""
    discriminator, images = TwoPatchGANs(SPEC, width=4, depth=2), StepRandom(0, 0, "test").normal(4, 3, 16, 16)
    before = discriminator(images).validity
    for weight in discriminator.of_b.parameters():
        torch.nn.init.zeros_(weight)
    after = discriminator(images).validity
    assert torch.equal(before[:2], after[:2])
    assert torch.equal(after[2:], torch.zeros_like(after[2:]))
    assert before[2:].abs().min() > 0


def numbered(start: int, count: int) -> Tensor:
    """Tiny images with a number each."""
    return torch.arange(float(start), start + count)[:, None, None, None].expand(-1, 1, 2, 2)


def numbers(images: Tensor) -> list[float]:
    """The numbers of tiny images."""
    return images.flatten(1)[:, 0].tolist() if len(images) else []


def test_the_pool_fills_then_swaps_half_and_loses_no_image() -> None:
    """Of 400 images after the first 48, about 200 are kept for later, give or take four standard deviations."""
    pool, swaps = ImagePool(48), 0
    for step in range(112):
        before, new = numbers(pool.images), numbers(numbered(4 * step, 4))
        shown = numbers(pool.exchange(numbered(4 * step, 4), StepRandom(0, step, "test")))
        after = numbers(pool.images)
        assert (shown == new and after == before + new) if step < 12 else sorted(before + new) == sorted(shown + after)
        swaps += len(set(shown) - set(new))
    assert abs(swaps - 200) <= 4 * (400 * 0.5 * 0.5) ** 0.5


@pytest.mark.parametrize("size", [0, 3])
def test_a_batch_may_be_larger_than_the_pool(size: int) -> None:
    """No image is shown twice or lost."""
    pool = ImagePool(size)
    assert len(pool.exchange(numbered(0, 8), StepRandom(0, 0, "test"))) == 8
    kept = numbers(pool.images)
    assert len(kept) == size
    shown = numbers(pool.exchange(numbered(8, 8), StepRandom(0, 1, "test")))
    assert sorted(shown + numbers(pool.images)) == sorted(kept + numbers(numbered(8, 8)))


def trained(photos: Path, run: Path, loss: CycleConsistency, steps: int, lr: float = 2e-4) -> Trainer:
    """Tiny networks after some steps of two images of each class."""
    data = TrainingData(folder(DatasetRequest("train", 16, photos)))
    torch.manual_seed(0)
    generator, discriminator = TwoWayResNet(data.spec, width=4, blocks=1), TwoPatchGANs(data.spec, width=4, depth=1)
    settings = TrainSettings(steps=steps, batch_size=4, lr=lr, log_every=1, device="cpu")
    trainer = Trainer(generator, discriminator, loss, data, settings, run)
    trainer.train()
    return trainer


def saved(trainer: Trainer) -> dict[str, Tensor]:
    """Everything in the newest checkpoint but the optimisers."""
    files = sorted(trainer.run_logger.checkpoints.all()[-1].glob("*.safetensors"))
    return {f"{file.stem}.{name}": value for file in files for name, value in load_file(file).items()}


def test_dark_becomes_bright_and_bright_becomes_dark(photos: Path, tmp_path: Path) -> None:
    """Dark pixels are -0.5 and bright ones 0.5 in the mean; a network that has learnt nothing makes about 0."""
    generator = trained(photos, tmp_path / "run", CycleConsistency(), 40, lr=5e-3).training_step.generator
    assert isinstance(generator, TwoWayResNet)
    bright = StepRandom(0, 0, "test").uniform(8, 3, 16, 16)
    labels = torch.tensor([0, 1]).repeat_interleave(8)
    dark_to_bright, bright_to_dark = generator.translate(torch.cat([-bright, bright]), labels).chunk(2)
    assert dark_to_bright.mean().item() == pytest.approx(0.5, abs=0.2)
    assert bright_to_dark.mean().item() == pytest.approx(-0.5, abs=0.2)


def test_stopping_and_going_on_gives_the_same_run_bit_for_bit(photos: Path, tmp_path: Path) -> None:
    """Which it cannot, once the pools are full, without what they held."""
    trained(photos, tmp_path / "parts", CycleConsistency(pool=5), 4)
    parts, whole = (saved(trained(photos, tmp_path / run, CycleConsistency(pool=5), 8)) for run in ("parts", "whole"))
    assert parts.keys() == whole.keys()
    assert [name for name, value in whole.items() if not torch.equal(value, parts[name])] == []
    assert whole["loss.pool_a._extra_state"].shape == (5, 3, 16, 16)
    terms = [
        [line for line in (tmp_path / run / "metrics.jsonl").read_text().splitlines() if "generator/cycle" in line]
        for run in ("parts", "whole")
    ]
    assert len(terms[0]) == 8
    assert terms[0] == terms[1]


@pytest.mark.parametrize("network", [TwoWayResNet, TwoPatchGANs])
def test_other_than_two_classes_are_refused_with_what_to_type(network: type[TwoWayResNet] | type[TwoPatchGANs]) -> None:
    """As any images in one heap, or ten digits."""
    for classes in (0, 10):
        with pytest.raises(UsageError, match=r"`--data FOLDER` with a folder that holds two sub-folders"):
            network(ImageSpec(3, 32, 32, classes))


def test_it_trains_and_shows_translations_from_the_command_line(photos: Path, tmp_path: Path) -> None:
    """Three steps leave finite terms and a picture of images beside their translations."""
    command = [sys.executable, "-m", "zoo_core", "train", "cyclegan", "--data", photos, "--run-dir", tmp_path / "run"]
    subprocess.run([*command, "--image-size", "16", "--steps", "3", "--width", "4"], check=True, capture_output=True)
    terms = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[0])
    assert {"discriminator/adv", "generator/adv", "generator/cycle", "generator/identity"} <= terms.keys()
    with Image.open(tmp_path / "run" / "samples" / "step-00000003.png") as picture:
        assert picture.width == 2 * (96 + 2)
