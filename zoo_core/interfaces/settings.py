"""Settings of a run, with one schema for command line, TOML file, recipe and Python."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """Base of all settings: unchangeable, and unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, protected_namespaces=())


class DataSettings(Settings):
    """Which images a run learns from, and which of their labels it may see."""

    root: Path | None = None
    """Folder that holds the data set's files."""

    download: bool = False
    """Whether files that are not below root may be fetched there."""

    image_size: Annotated[int, Field(ge=8, le=1024)] = 32
    """Height and width that images are brought to, in pixels."""

    labels: Annotated[
        Annotated[int, Field(ge=0)] | Literal["all"] | Annotated[Path, AfterValidator(Path.absolute)] | None,
        Field(union_mode="left_to_right"),
    ] = None
    """How many training images keep their label, all, or a file that lists them; the data's usual ones if not given."""

    validation: Count | None = None
    """How many training images are held out to watch the run; a tenth, at most 2,000, where not given."""


class TrainSettings(Settings):
    """How a GAN is trained."""

    steps: Count = 1000
    """Generator steps in all."""

    batch_size: Annotated[int, Field(ge=2)] = 64
    """Images in a step."""

    labelled_fraction: Fraction = 0.5
    """Share of each batch drawn, with replacement, from the labelled images."""

    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.0625
    """Largest random shift of an image, as a share of its size (borders are reflected)."""

    horizontal_flip: bool | None = None
    """Whether images are randomly mirrored; as the data set says where not given."""

    lr: Annotated[float, Field(gt=0, le=100)] = 2e-4
    """Learning rate of both Adam optimisers."""

    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Adam's decay of the first moment."""

    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Adam's decay of the second moment."""

    schedule: Literal["constant", "cosine"] = "constant"
    """How the learning rate goes over the steps; cosine ends at 0."""

    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay of a running average of both networks' weights, by which the run is then measured; 0 keeps none."""

    finetune_steps: Annotated[int, Field(ge=0)] = 0
    """Steps of a second stage, in which the discriminator learns from labelled images alone, by Adagrad."""

    finetune_lr: Annotated[float, Field(gt=0, le=100)] = 2e-3
    """Learning rate of the second stage."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Decides initial weights, data order, splits and holes."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute; auto takes an accelerator if there is one."""

    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Number format of the networks; auto takes bf16 where the device is fast at it."""

    compile: bool = False
    """Whether torch.compile turns the networks into fused kernels, which takes its time before the first step."""

    log_every: Count = 20
    """Steps between two lines of loss terms."""

    evaluate_every: Count = 100
    """Steps between two measurements on the validation images, each with a sample grid."""

    checkpoint_every: Count = 100
    """Steps between two checkpoints."""

    keep: Count = 3
    """How many of the newest checkpoints stay, beside the best one by validation."""

    retries: Annotated[int, Field(ge=0, le=20)] = 3
    """How often a run that diverges goes back to its last checkpoint and halves its learning rate."""
