"""The training steps that are compared: the trainer's, one by hand, the listing's, and its convolutions alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from by_hand import HandWrittenStep
from convolutions import Call, ConvolutionsOnly, record_convolutions
from listing import Listing, Options
from timing import Step

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
from ccgan_plugin.plugin import CCGAN
from zoo_core import ImageDataset, Trainer, TrainingData, TrainSettings
from zoo_core.cli.bench import UNWRITABLE_DIR
from zoo_core.data.pixels import TensorPixels

BATCHES = 8  # with different images


@dataclass(frozen=True)
class Case:
    """The sizes of a comparison.

    Attributes:
        size: Height and width of the images.
        batch: Images in a step.
        width: Channels of the first stage of both networks.
        channels: 1 or 3.
        classes: Number of classes.
    """

    size: int
    batch: int
    width: int = 64
    channels: int = 3
    classes: int = 10

    def __str__(self) -> str:
        return f"{self.size} px, batch {self.batch}, width {self.width}"


def build_trainer(case: Case, **options: Any) -> Trainer:
    """Builds a trainer of the recipe `ccgan` on noise images in memory; half of each batch is labelled.

    Args:
        case: The sizes.
        options: Further options of the critic.
    """
    count = max(BATCHES * case.batch, 20 * case.classes)
    random = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, case.channels, case.size, case.size), generator=random, dtype=torch.uint8)
    names = tuple(map(str, range(case.classes)))
    images = ImageDataset(
        TensorPixels(pixels),
        torch.arange(count) % case.classes,
        names,
        case.channels,
        case.size,
        "noise",
        horizontal_flip=True,
    )
    data = TrainingData(images, labels=5 * case.classes)
    torch.manual_seed(0)
    generator = MaskedAutoencoder(data.spec, width=case.width)
    critic = DualHeadPatchGAN(data.spec, width=case.width, **options)
    settings = TrainSettings(batch_size=case.batch, device="cpu", lr=CCGAN.options["train"]["lr"])
    return Trainer(generator, critic, RecAdvAux(**CCGAN.options["loss"]), data, settings, UNWRITABLE_DIR)


def build_hand_written_step(trainer: Trainer) -> HandWrittenStep:
    """Builds a hand-written step that trains the networks of a trainer."""
    generator, critic = trainer.training_step.generator, trainer.training_step.discriminator
    assert isinstance(generator, MaskedAutoencoder)
    assert isinstance(critic, DualHeadPatchGAN)
    return HandWrittenStep(generator, critic)


def prepare_trainer(case: Case) -> Step:
    """The trainer's step, including loading its batch."""
    trainer = build_trainer(case)
    return lambda step: trainer.training_step.train(step, trainer.load_batches(step))


def prepare_hand_written(case: Case) -> Step:
    """The step by hand, which loads the same batches in the same way."""
    trainer = build_trainer(case)
    by_hand = build_hand_written_step(trainer)
    return lambda step: by_hand.train(step, trainer.load_batch(step))


def prepare_listing(case: Case) -> Step:
    """The listing's step on one batch in memory; the time of its data loader is not counted."""
    batch = build_trainer(case).load_batch(0)
    images = batch.images.contiguous()
    listing = Listing(Options(case.size, case.channels, case.classes, case.width))
    return lambda _: listing.train(images, batch.labels)


def prepare_convolutions(case: Case) -> Step:
    """The convolutions of the trainer's step alone."""
    convolutions = ConvolutionsOnly(find_convolutions(build_trainer(case)))
    return lambda _: convolutions.run()


def find_convolutions(trainer: Trainer) -> list[Call]:
    """Returns the calls of convolutions in one step of a trainer."""
    with record_convolutions(trainer.training_step.generator, trainer.training_step.discriminator) as calls:
        trainer.training_step.train(0, trainer.load_batches(0))
    return calls


CANDIDATES: dict[str, Callable[[Case], Step]] = {
    "trainer": prepare_trainer,
    "by hand": prepare_hand_written,
    "listing": prepare_listing,
    "convolutions": prepare_convolutions,
}


def prepare_candidates(case: Case) -> dict[str, Step]:
    """Prepares all candidates."""
    return {name: prepare(case) for name, prepare in CANDIDATES.items()}
