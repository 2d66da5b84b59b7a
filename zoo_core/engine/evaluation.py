"""Measures a trained GAN on images it has not learnt from: what it can do is what is measured."""

from typing import Any

import torch
from sklearn.metrics import accuracy_score, recall_score
from torch import Tensor, nn
from torchmetrics.functional.image import structural_similarity_index_measure
from torchmetrics.image import PeakSignalNoiseRatio

from zoo_core.contract.capabilities import Classifier, HoleMaker, Inpainter, composite
from zoo_core.contract.dataset import ImageSet
from zoo_core.contract.interfaces import Discriminator, Generator, Loss
from zoo_core.contract.randomness import StepRandom

BATCH = 250
HOLE_SEED = 0
RANGE = 2.0  # of pixel values, which lie in [-1, 1]


def as_floats(pixels: Tensor, device: torch.device) -> Tensor:
    """uint8 (n, C, H, W) as float32 in [-1, 1] on a device, channels last."""
    return pixels.to(device, non_blocking=True).float().div(127.5).sub(1).to(memory_format=torch.channels_last)


@torch.no_grad()
def evaluate(
    generator: Generator,
    discriminator: Discriminator,
    loss: Loss[Any],
    images: ImageSet,
    device: torch.device | str = "cpu",
) -> dict[str, float]:
    """Measures whatever the components are able to do.

    Holes are the same for every run and every model: they depend on the loss's hole maker and the position alone.

    Args:
        generator: Its in-painting is measured, if it is an `Inpainter` and the loss a `HoleMaker`.
        discriminator: Its classes are measured, if it is a `Classifier` built with classes.
        loss: Says where holes are.
        images: Images with true labels.
        device: Where the networks are.

    Returns:
        "images", and of "accuracy" and "balanced_accuracy" (of the labelled images), "hole_psnr" (dB), "hole_ssim" and
        "hole_l1" (mean distance inside holes, of pixel values in [0, 1]) those that can be measured.
    """
    networks: list[nn.Module] = [generator, discriminator]
    modes = [network.training for network in networks]
    for network in networks:
        network.eval()
    inpainting, predictions = _Inpainting(device), []
    for number, indices in enumerate(torch.split(torch.arange(len(images)), BATCH)):
        x = as_floats(images.pixels.read(indices), torch.device(device))
        if isinstance(generator, Inpainter) and isinstance(loss, HoleMaker):
            holes = loss.make_holes(x, StepRandom(HOLE_SEED, number, "evaluation holes", device))
            inpainting.update(x, holes, generator.inpaint(x, holes))
        if discriminator.spec.classes and isinstance(discriminator, Classifier):
            predictions.append(discriminator.classify(x).argmax(1).cpu())
    for network, mode in zip(networks, modes, strict=True):
        network.train(mode)
    return {"images": len(images)} | _class_metrics(predictions, images.labels) | inpainting.result()


def _class_metrics(predictions: list[Tensor], labels: Tensor) -> dict[str, float]:
    known = labels >= 0
    if not predictions or not known.any():
        return {}
    truth, predicted = labels[known].numpy(), torch.cat(predictions)[known].numpy()
    balanced = recall_score(truth, predicted, labels=sorted(set(truth)), average="macro")
    return {"accuracy": float(accuracy_score(truth, predicted)), "balanced_accuracy": float(balanced)}


class _Inpainting:
    """Gathers how well holes are filled, over hole pixels alone and over all images together."""

    def __init__(self, device: torch.device | str) -> None:
        self.psnr = PeakSignalNoiseRatio(data_range=RANGE).to(device)
        self.similarity = self.distance = self.values = 0.0

    def update(self, x: Tensor, holes: Tensor, filled: Tensor) -> None:
        """Adds a batch: x and x_G (N, C, H, W), holes (N, 1, H, W)."""
        inside = holes.bool().expand_as(x)
        x_i = composite(x, holes, filled)
        _, similarity = structural_similarity_index_measure(x_i, x, data_range=RANGE, return_full_image=True)
        self.psnr.update(x_i[inside], x[inside])
        self.similarity += similarity[inside].sum().item()
        self.distance += (x_i - x)[inside].abs().sum().item() / RANGE
        self.values += inside.sum().item()

    def result(self) -> dict[str, float]:
        """The measures, or nothing where nothing was added."""
        if not self.values:
            return {}
        return {
            "hole_psnr": self.psnr.compute().item(),
            "hole_ssim": self.similarity / self.values,
            "hole_l1": self.distance / self.values,
        }
