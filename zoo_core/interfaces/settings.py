"""Settings of a run, with one schema for command line, TOML file, recipe and Python."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """Base class of all settings: immutable, and unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, protected_namespaces=())


class DataSettings(Settings):
    """Which images and labels a run trains on.

    Examples:
        >>> from zoo_core import DataSettings
        >>> DataSettings(labels="100").labels
        100
    """

    root: Path | None = None
    """Folder of the dataset's files."""

    download: bool = False
    """Whether missing files may be downloaded into root."""

    image_size: Annotated[int, Field(ge=8, le=1024)] = 32
    """Height and width to which images are resized, in pixels."""

    labels: Annotated[
        Annotated[int, Field(ge=0)] | Literal["all"] | Annotated[Path, AfterValidator(Path.absolute)] | None,
        Field(union_mode="left_to_right"),
    ] = None
    """Training images that keep their label: a number, all, or a file; by default as the dataset suggests."""

    validation: Count | None = None
    """Number of training images held out for validation; a tenth, at most 2,000, if not given."""


class TrainSettings(Settings):
    """How a GAN is trained.

    Examples:
        >>> from zoo_core import TrainSettings
        >>> TrainSettings(steps=10, lr="1e-3").lr
        0.001
    """

    steps: Annotated[int, Field(ge=1, le=10**9)] = 1000
    """Number of generator steps."""

    batch_size: Annotated[int, Field(ge=2)] = 64
    """Images per step."""

    labelled_fraction: Fraction = 0.5
    """Fraction of each batch that is drawn, with replacement, from the labelled images."""

    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.0625
    """Largest random shift of an image, as a fraction of its size (borders are reflected)."""

    horizontal_flip: bool | None = None
    """Whether images are flipped horizontally at random; as the dataset suggests if not given."""

    lr: Annotated[float, Field(gt=0, le=100)] = 2e-4
    """Learning rate of both Adam optimisers."""

    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Adam's decay of the first moment."""

    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Adam's decay of the second moment."""

    schedule: Literal["constant", "cosine"] = "constant"
    """Schedule of the learning rate; cosine ends at 0."""

    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay of the exponential moving average (EMA) of the weights, which is then evaluated; 0 keeps none."""

    finetune_steps: Annotated[int, Field(ge=0, le=10**9)] = 0
    """Steps of a second stage, in which Adagrad trains the discriminator on labelled images alone."""

    finetune_lr: Annotated[float, Field(gt=0, le=100)] = 2e-3
    """Learning rate of the second stage."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Random seed of initial weights, data order, splits and masks."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Device; auto uses an accelerator if one is available."""

    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Number format of the networks; auto uses bf16 if the device computes it fast."""

    compile: bool = False
    """Whether torch.compile fuses the networks' kernels, which delays the first step."""

    log_every: Count = 20
    """Steps between two log lines of loss terms."""

    evaluate_every: Count = 100
    """Steps between two evaluations on the validation images, each with a sample grid."""

    checkpoint_every: Count = 100
    """Steps between two checkpoints."""

    keep: Count = 3
    """Number of newest checkpoints to keep, in addition to the best one by validation."""

    retries: Annotated[int, Field(ge=0, le=20)] = 3
    """How often a run that diverges may return to its last checkpoint and halve its learning rate."""
