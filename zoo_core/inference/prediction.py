"""Tells what pictures show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from registry import UsageError
from zoo_core.data.decoding import DECODING_ERRORS, read_image, trouble
from zoo_core.data.pixels import to_float_images
from zoo_core.inference.model import Model
from zoo_core.interfaces.capabilities import Classifier

AT_ONCE = 64  # pictures


@dataclass(frozen=True)
class Prediction:
    """What one picture shows, as far as a model can tell.

    Attributes:
        path: The picture.
        shown: The likeliest class; None if the picture could not be read.
        probability: Of that class, calibrated where the model is.
        probabilities: Of all classes, by name.
        trouble: Why the picture could not be read, if so.
    """

    path: Path
    shown: str | None = None
    probability: float = 0.0
    probabilities: dict[str, float] | None = None
    trouble: str | None = None


def predict(model: Model, paths: Sequence[Path | str]) -> Iterator[Prediction]:
    """Yields what each picture shows, in their order; one that cannot be read does not stop the others.

    Pictures are read just as in training: their middle square, brought to the network's size.

    Args:
        model: Its discriminator has to be a `Classifier` that was trained with classes.
        paths: Image files.

    Raises:
        UsageError: The model tells no classes.
    """
    if not model.classes or not isinstance(model.discriminator, Classifier):
        raise UsageError(f"{model.origin} was trained without classes, so it cannot tell any. Train a run with labels.")
    files = [Path(path) for path in paths]
    for start in range(0, len(files), AT_ONCE):
        yield from _predicted(model, files[start : start + AT_ONCE])


def predict_probabilities(model: Model, images: Tensor) -> Tensor:
    """Class probabilities (N, K) of images, uint8 (N, C, S, S), by the model's temperature."""
    assert isinstance(model.discriminator, Classifier)
    with torch.no_grad():
        logits = model.discriminator.classify(to_float_images(images, model.device)).float().cpu()
    return (logits / (model.temperature or 1.0)).softmax(1)


def _predicted(model: Model, paths: Sequence[Path]) -> Iterator[Prediction]:
    read = [_read(path, model) for path in paths]
    images = [image for image in read if isinstance(image, Tensor)]
    told = iter(predict_probabilities(model, torch.stack(images)) if images else ())
    for path, image in zip(paths, read, strict=True):
        yield Prediction(path, trouble=image) if isinstance(image, str) else _named(path, next(told), model.classes)


def _read(path: Path, model: Model) -> Tensor | str:
    try:
        return read_image(path, model.spec.height, model.spec.channels)
    except DECODING_ERRORS as error:
        return trouble(error)


def _named(path: Path, row: Tensor, classes: Sequence[str]) -> Prediction:
    shares = dict(zip(classes, row.tolist(), strict=True))
    likeliest = max(shares, key=lambda name: shares[name])
    return Prediction(path, likeliest, shares[likeliest], shares)
