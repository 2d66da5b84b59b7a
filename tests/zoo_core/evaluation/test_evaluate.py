import math

import pytest
import torch
from tiny_gan import TinyGenerator, make_dataset
from torch import Tensor

from ccgan_plugin import MaskedAutoencoder, RecAdvAux
from zoo_core import Discriminator, Generator, ImageDataset, ImageSpec, Logits, digits, evaluate
from zoo_core.data.pixels import TensorPixels
from zoo_core.interfaces.dataset import DatasetRequest

SPEC = ImageSpec(1, 32, 32, 4)


class Grey(Generator):
    """Fills every hole with mid grey."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return torch.zeros_like(images)


class Brightness(Discriminator):
    """Predicts the classes of the noise images from their mean, and class 2 for images of class 3."""

    def forward(self, images: Tensor) -> Logits:
        return Logits(torch.zeros(len(images), 1), self.classify(images))

    def classify(self, images: Tensor) -> Tensor:
        number = ((images.mean((1, 2, 3)) + 1) * 127.5 - 30).div(60).round().clamp(0, 2).long()
        return torch.nn.functional.one_hot(number, 4).float()


def make_plain_dataset(value: int, count: int = 300) -> ImageDataset:
    pixels = torch.full((count, 1, 32, 32), value, dtype=torch.uint8)
    return ImageDataset(TensorPixels(pixels), torch.full((count,), -1), (), 1, 32, "plain")


def test_white_images_filled_with_grey_match_a_calculation_by_hand() -> None:
    """The error is half the range everywhere in the hole: PSNR = 20 log10(2), L1 = 0.5."""
    result = evaluate(Grey(SPEC), Brightness(ImageSpec(1, 32, 32)), RecAdvAux(), make_plain_dataset(255))
    assert result["hole_psnr"] == pytest.approx(20 * math.log10(2), abs=1e-4)
    assert result["hole_l1"] == pytest.approx(0.5, abs=1e-6)
    assert result["images"] == 300
    assert "accuracy" not in result


def test_a_perfect_inpainting_has_ssim_one_and_no_error() -> None:
    class Perfect(Grey):
        def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
            return images

    result = evaluate(Perfect(SPEC), Brightness(ImageSpec(1, 32, 32)), RecAdvAux(), digits(DatasetRequest("test")))
    assert result["hole_ssim"] == pytest.approx(1.0, abs=1e-4)
    assert result["hole_l1"] == 0
    assert result["hole_psnr"] == math.inf


def test_accuracies_match_a_calculation_by_hand() -> None:
    """Of classes with 100, 100, 100 and 20 images, only the last is always wrong: 300 of 320, and 3 of 4 classes."""
    dataset = make_dataset(count=400, size=32)
    indices = torch.tensor([n for n in range(400) if n % 4 != 3 or n < 80])
    pixels = TensorPixels(dataset.pixels.read(indices))
    images = ImageDataset(pixels, dataset.labels[indices], dataset.classes, 1, 32, "noise")
    result = evaluate(Grey(SPEC), Brightness(SPEC), RecAdvAux(), images)
    assert result["accuracy"] == pytest.approx(300 / 320)
    assert result["balanced_accuracy"] == pytest.approx(0.75)


def test_unlabelled_images_are_ignored_for_the_accuracy() -> None:
    dataset = make_dataset(count=40, size=32)
    labels = torch.where(dataset.labels == 3, -1, dataset.labels)
    images = ImageDataset(dataset.pixels, labels, dataset.classes, 1, 32, "noise")
    assert evaluate(Grey(SPEC), Brightness(SPEC), RecAdvAux(), images)["accuracy"] == 1.0


def test_a_generator_that_cannot_inpaint_has_no_inpainting_metrics() -> None:
    result = evaluate(TinyGenerator(SPEC), Brightness(SPEC), RecAdvAux(), make_dataset(size=32))
    assert "accuracy" in result
    assert not [name for name in result if name.startswith("hole")]


def test_evaluation_is_repeatable_and_restores_the_mode() -> None:
    generator = MaskedAutoencoder(SPEC, width=4).train()
    images = digits(DatasetRequest("test"))
    first, second = (evaluate(generator, Brightness(SPEC), RecAdvAux(), images) for _ in range(2))
    assert first["hole_psnr"] == second["hole_psnr"]
    assert generator.training
