from math import exp
from pathlib import Path

import pytest
import torch
from painters import Painter
from PIL import Image
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


def model(classes: tuple[str, ...] = ("bright", "dark"), temperature: float | None = 0.25) -> Model:
    return Model(Painter(SPEC), Brightness(SPEC), classes, temperature, torch.device("cpu"), "runs/x")


def grey(folder: Path, value: int) -> Path:
    path = folder / f"{value}.png"
    Image.new("L", (20, 10), value).save(path)
    return path


def test_probabilities_are_those_of_the_logits_divided_by_the_temperature(tmp_path: Path) -> None:
    bright, dark = predict(model(), [grey(tmp_path, 255), grey(tmp_path, 0)])
    assert (bright.shown, dark.shown) == ("bright", "dark")
    assert bright.probability == dark.probability == pytest.approx(1 / (1 + exp(-1 / 0.25)))
    assert bright.probabilities is not None
    assert sum(bright.probabilities.values()) == pytest.approx(1)
    (raw,) = predict(model(temperature=None), [grey(tmp_path, 255)])
    assert raw.probability == pytest.approx(1 / (1 + exp(-1)))


def test_each_picture_has_its_own_answer_in_the_order_given_also_if_some_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG")
    paths = [grey(tmp_path, value) for value in (255, 0)] * 60
    paths[7:7] = [tmp_path / "damaged.png"]
    found = list(predict(model(), paths))
    assert [prediction.path for prediction in found] == paths
    assert found.pop(7).trouble == "it is damaged, or no image that Pillow knows"
    assert [prediction.shown for prediction in found] == ["bright", "dark"] * 60


def test_a_model_without_classes_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="runs/x was trained without classes"):
        list(predict(model(()), [grey(tmp_path, 0)]))
