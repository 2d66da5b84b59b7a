"""What is timed against each other: the trainer's step, the listing's, one by hand, and the convolutions alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from by_hand import ByHand
from floor import Floor, watched
from listing import Listing, Options
from timing import Step

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
from ccgan_plugin.recipes import CCGAN
from zoo_core import ImageDataset, Trainer, TrainingData, TrainSettings
from zoo_core.cli.bench import UNWRITABLE_DIR
from zoo_core.data.pixels import TensorPixels

BATCHES = 8  # of different images


@dataclass(frozen=True)
class Case:
    """Sizes that a step is timed with.

    Attributes:
        size: Height and width of the images.
        batch: Images in a step.
        width: Channels of both networks' first stage.
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


def trainer(case: Case, **options: Any) -> Trainer:
    """A trainer of the recipe `ccgan` on images of noise in memory, half of each batch labelled.

    Args:
        case: The sizes.
        options: Further ones of the critic.
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


def trainer_step(case: Case) -> Step:
    """The trainer's own, from asking for the batch."""
    trained = trainer(case)
    return lambda number: trained.training_step.train(number, trained.load_batches(number))


def by_hand_step(case: Case) -> Step:
    """The same by hand, on the same batches, got in the same way."""
    like = trainer(case)
    hand = ByHand(like.training_step.generator, like.training_step.discriminator)  # type: ignore[arg-type]
    return lambda number: hand.step(number, like.load_batch(number))


def listing_step(case: Case) -> Step:
    """The listing's, on one batch that is in memory as floats; its loader is not timed."""
    batch = trainer(case).load_batch(0)
    images = batch.images.contiguous()
    peer = Listing(Options(case.size, case.channels, case.classes, case.width))
    return lambda _: peer.step(images, batch.labels)


def floor_step(case: Case) -> Step:
    """The convolutions of the trainer's step alone."""
    floor = Floor(convolutions(trainer(case)))
    return lambda _: floor.step()


def convolutions(trained: Trainer) -> list[Any]:
    """The calls of convolutions in one step of a trainer."""
    with watched(trained.training_step.generator, trained.training_step.discriminator) as calls:
        trained.training_step.train(0, trained.load_batches(0))
    return calls


CONTENDERS: dict[str, Callable[[Case], Step]] = {
    "trainer": trainer_step,
    "by hand": by_hand_step,
    "listing": listing_step,
    "convolutions": floor_step,
}


def contenders(case: Case, *names: str) -> dict[str, Step]:
    """Those with these names, ready to step; all of them where none is named."""
    return {name: CONTENDERS[name](case) for name in names or CONTENDERS}
