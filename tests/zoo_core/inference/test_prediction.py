"""Predicted classes and their probabilities."""

from math import exp
from pathlib import Path

import pytest
import torch
from PIL import Image
from simple_generators import ConstantGenerator
from torch import Tensor

from zoo_core import Discriminator, ImageSpec, UsageError
from zoo_core.inference.model import Model
from zoo_core.inference.prediction import predict

SPEC = ImageSpec(1, 8, 8, 2)


class Brightness(Discriminator):
    """Class logits (m, 0), with m the mean of an image in [-1, 1]."""

    def classify(self, images: Tensor) -> Tensor:
        mean = images.mean((1, 2, 3))
        return torch.stack([mean, torch.zeros_like(mean)], dim=1)


def make_model(classes: tuple[str, ...] = ("bright", "dark"), temperature: float | None = 0.25) -> Model:
    return Model(ConstantGenerator(SPEC), Brightness(SPEC), classes, temperature, torch.device("cpu"), "runs/x")


def write_grey_image(folder: Path, value: int) -> Path:
    path = folder / f"{value}.png"
    Image.new("L", (20, 10), value).save(path)
    return path


def test_the_temperature_divides_the_logits(tmp_path: Path) -> None:
    bright, dark = predict(make_model(), [write_grey_image(tmp_path, 255), write_grey_image(tmp_path, 0)])
    assert (bright.label, dark.label) == ("bright", "dark")
    assert bright.probability == dark.probability == pytest.approx(1 / (1 + exp(-1 / 0.25)))
    assert bright.probabilities is not None
    assert sum(bright.probabilities.values()) == pytest.approx(1)
    (raw,) = predict(make_model(temperature=None), [write_grey_image(tmp_path, 255)])
    assert raw.probability == pytest.approx(1 / (1 + exp(-1)))


def test_each_file_has_a_prediction_in_the_given_order_even_if_one_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG")
    paths = [write_grey_image(tmp_path, value) for value in (255, 0)] * 60
    paths[7:7] = [tmp_path / "damaged.png"]
    predictions = list(predict(make_model(), paths))
    assert [prediction.path for prediction in predictions] == paths
    assert predictions.pop(7).error == "it is damaged, or not an image that Pillow can read"
    assert [prediction.label for prediction in predictions] == ["bright", "dark"] * 60


def test_a_model_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="runs/x was trained without classes"):
        list(predict(make_model(()), [write_grey_image(tmp_path, 0)]))
