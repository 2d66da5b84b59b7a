"""Predicts the classes of image files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from registry import UsageError
from zoo_core.data.decoding import DECODING_ERRORS, describe_decoding_error, read_image
from zoo_core.data.pixels import to_float_images
from zoo_core.inference.model import Model
from zoo_core.interfaces.capabilities import Classifier

BATCH_SIZE = 64


@dataclass(frozen=True)
class Prediction:
    """The predicted class of one image file.

    Attributes:
        path: The image file.
        label: Name of the most probable class; None after an error.
        probability: Probability of that class, calibrated if the model is.
        probabilities: Probabilities of all classes by name; None after an error.
        error: Why the image could not be read, if so.
    """

    path: Path
    label: str | None = None
    probability: float = 0.0
    probabilities: dict[str, float] | None = None
    error: str | None = None


def predict(model: Model, paths: Sequence[Path | str]) -> Iterator[Prediction]:
    """Predicts the classes of image files, in their order; a file that cannot be read does not stop the others.

    As in training, the network sees the central square of each image, resized to its size.

    Args:
        model: Its discriminator has to be a `Classifier` that was trained with classes.
        paths: Image files.

    Raises:
        UsageError: The model cannot predict classes.
    """
    if not model.classes or not isinstance(model.discriminator, Classifier):
        raise UsageError(f"{model.origin} was trained without classes, so it cannot predict any. Train with labels.")
    files = [Path(path) for path in paths]
    for start in range(0, len(files), BATCH_SIZE):
        yield from _predict_batch(model, files[start : start + BATCH_SIZE])


def predict_probabilities(model: Model, images: Tensor) -> Tensor:
    """Class probabilities (N, K) of images, uint8 (N, C, S, S); calibrated if the model is."""
    assert isinstance(model.discriminator, Classifier)
    with torch.no_grad():
        logits = model.discriminator.classify(to_float_images(images, model.device)).float().cpu()
    return (logits / (model.temperature or 1.0)).softmax(1)


def _predict_batch(model: Model, paths: Sequence[Path]) -> list[Prediction]:
    images: dict[int, Tensor] = {}
    predictions: dict[int, Prediction] = {}
    for number, path in enumerate(paths):
        try:
            images[number] = read_image(path, model.spec.height, model.spec.channels)
        except DECODING_ERRORS as error:
            predictions[number] = Prediction(path, error=describe_decoding_error(error))
    if images:
        rows = predict_probabilities(model, torch.stack(list(images.values())))
        for number, row in zip(images, rows, strict=True):
            predictions[number] = _make_prediction(paths[number], row, model.classes)
    return [predictions[number] for number in range(len(paths))]


def _make_prediction(path: Path, row: Tensor, classes: Sequence[str]) -> Prediction:
    probabilities = dict(zip(classes, row.tolist(), strict=True))
    label = max(probabilities, key=probabilities.__getitem__)
    return Prediction(path, label, probabilities[label], probabilities)
