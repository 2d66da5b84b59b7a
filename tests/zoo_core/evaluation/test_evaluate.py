import math

import pytest
import torch
from tiny_gan import TinyGenerator, images
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
    """Tells the noise images' classes by their mean; takes class 3 for class 2."""

    def forward(self, images: Tensor) -> Logits:
        return Logits(torch.zeros(len(images), 1), self.classify(images))

    def classify(self, images: Tensor) -> Tensor:
        number = ((images.mean((1, 2, 3)) + 1) * 127.5 - 30).div(60).round().clamp(0, 2).long()
        return torch.nn.functional.one_hot(number, 4).float()


def constant(value: int, count: int = 300) -> ImageDataset:
    pixels = torch.full((count, 1, 32, 32), value, dtype=torch.uint8)
    return ImageDataset(TensorPixels(pixels), torch.full((count,), -1), (), 1, 32, "constant")


def test_white_images_filled_with_grey_by_hand() -> None:
    """Off by 0.5 of the range everywhere in the hole: PSNR = 20 log10(2), L1 = 0.5."""
    result = evaluate(Grey(SPEC), Brightness(ImageSpec(1, 32, 32)), RecAdvAux(), constant(255))
    assert result["hole_psnr"] == pytest.approx(20 * math.log10(2), abs=1e-4)
    assert result["hole_l1"] == pytest.approx(0.5, abs=1e-6)
    assert result["images"] == 300
    assert "accuracy" not in result


def test_a_perfect_fill_has_similarity_one_and_no_distance() -> None:
    class Perfect(Grey):
        def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
            return images

    result = evaluate(Perfect(SPEC), Brightness(ImageSpec(1, 32, 32)), RecAdvAux(), digits(DatasetRequest("test")))
    assert result["hole_ssim"] == pytest.approx(1.0, abs=1e-4)
    assert result["hole_l1"] == 0
    assert result["hole_psnr"] == math.inf


def test_accuracies_by_hand() -> None:
    """Of classes of 100, 100, 100 and 20 images the last is always mistaken: 300 of 320, and 3 of 4 classes."""
    some = images(count=400, size=32)
    kept = torch.tensor([n for n in range(400) if n % 4 != 3 or n < 80])
    chosen = ImageDataset(TensorPixels(some.pixels.read(kept)), some.labels[kept], some.classes, 1, 32, "noise")
    result = evaluate(Grey(SPEC), Brightness(SPEC), RecAdvAux(), chosen)
    assert result["accuracy"] == pytest.approx(300 / 320)
    assert result["balanced_accuracy"] == pytest.approx(0.75)


def test_unlabelled_images_do_not_count_for_accuracy() -> None:
    some = images(count=40, size=32)
    labels = torch.where(some.labels == 3, -1, some.labels)
    chosen = ImageDataset(some.pixels, labels, some.classes, 1, 32, "noise")
    assert evaluate(Grey(SPEC), Brightness(SPEC), RecAdvAux(), chosen)["accuracy"] == 1.0


def test_a_generator_that_cannot_inpaint_is_not_measured_on_holes() -> None:
    result = evaluate(TinyGenerator(SPEC), Brightness(SPEC), RecAdvAux(), images(size=32))
    assert "accuracy" in result
    assert not [name for name in result if name.startswith("hole")]


def test_measuring_twice_gives_the_same_and_leaves_the_mode_alone() -> None:
    generator = MaskedAutoencoder(SPEC, width=4).train()
    measure = [
        evaluate(generator, Brightness(SPEC), RecAdvAux(), digits(DatasetRequest("test")))["hole_psnr"]
        for _ in range(2)
    ]
    assert measure[0] == measure[1]
    assert generator.training
