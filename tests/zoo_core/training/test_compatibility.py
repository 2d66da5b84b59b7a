import pytest
import torch
from tiny_gan import TinyClassLoss, TinyDiscriminator, TinyGenerator, TinyLoss

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
from zoo_core import Discriminator, Generator, ImageSpec, StepRandom, TrainSettings, UsageError
from zoo_core.training.compatibility import check_compatibility

LABELLED, UNLABELLED = ImageSpec(1, 8, 8, 2), ImageSpec(1, 8, 8)


class LabelLoss(TinyLoss):
    needs_labels = True


class PenaltyLoss(TinyLoss):
    needs_double_backward = True


class TeacherLoss(TinyLoss):
    needs_ema_teacher = True


@pytest.mark.parametrize(
    ("loss", "spec", "settings", "message"),
    [
        (LabelLoss(), UNLABELLED, {}, "LabelLoss needs labels, and this run has none. Write `--labels N`"),
        (PenaltyLoss(), LABELLED, {"compile": True}, "PenaltyLoss has a gradient penalty, .*train.compile=false"),
        (TeacherLoss(), LABELLED, {}, "TeacherLoss needs EMA weights. Write `-o train.ema_decay=0.99`"),
        (TinyLoss(), LABELLED, {"finetune_steps": 1}, "the loss TinyLoss has no supervised terms. .*finetune_steps=0"),
        (TinyClassLoss(), UNLABELLED, {"finetune_steps": 1}, "this run has no labels. .*finetune_steps=0"),
    ],
)
def test_a_loss_that_does_not_fit_the_run_is_refused_with_a_fix(
    loss: TinyLoss, spec: ImageSpec, settings: dict[str, object], message: str
) -> None:
    train = TrainSettings.model_validate(settings)
    with pytest.raises(UsageError, match=message):
        check_compatibility(TinyGenerator(spec), TinyDiscriminator(spec), loss, train)


def test_a_generator_without_a_needed_capability_is_refused() -> None:
    spec = ImageSpec(3, 32, 32, 2)

    class NoiseGenerator(Generator):
        def sample(self, count: int, random: StepRandom) -> torch.Tensor:
            return random.normal(count, 3, 32, 32)

    message = r"RecAdvAux needs a generator with inpaint\(\), which NoiseGenerator does not have"
    with pytest.raises(UsageError, match=message):
        check_compatibility(NoiseGenerator(spec), DualHeadPatchGAN(spec, width=4), RecAdvAux(), TrainSettings())


def test_a_discriminator_without_classes_is_refused_only_if_the_data_has_classes() -> None:
    class ValidityOnly(Discriminator):
        """Predicts no classes."""

    for classes in (0, 2):
        spec = ImageSpec(3, 32, 32, classes)
        parts = MaskedAutoencoder(spec, width=4), ValidityOnly(spec), RecAdvAux()
        if classes:
            message = r"RecAdvAux needs a discriminator with classify\(\), which ValidityOnly does not have"
            with pytest.raises(UsageError, match=message):
                check_compatibility(*parts, TrainSettings())
        else:
            check_compatibility(*parts, TrainSettings())
