import math

import pytest
import torch
from torch import Tensor

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
from ccgan_plugin.loss import InpaintedImages
from ccgan_plugin.terms import class_cross_entropy, masked_mse
from zoo_core import Batch, Discriminator, ImageSpec, Logits, StepRandom


class Oracle(Discriminator):
    """Returns fixed logits for any image: `real` if its mean is above zero, else `fake`."""

    def __init__(self, real: float, fake: float, classes: list[float]) -> None:
        super().__init__(ImageSpec(1, 4, 4, len(classes)))
        self.answers, self.class_logits = (real, fake), classes

    def forward(self, images: Tensor) -> Logits:
        validity = torch.tensor([[self.answers[0] if image.mean() > 0 else self.answers[1]] for image in images])
        return Logits(validity, torch.tensor(self.class_logits).expand(len(images), -1))

    def classify(self, images: Tensor) -> Tensor:
        classes = self(images).classes
        assert isinstance(classes, Tensor)
        return classes


def sigmoid_loss(logit: float, target: float) -> float:
    """Binary cross-entropy by its definition."""
    p = 1 / (1 + math.exp(-logit))
    return -(target * math.log(p) + (1 - target) * math.log(1 - p))


@pytest.fixture
def judged() -> tuple[Oracle, Batch, InpaintedImages]:
    x = torch.full((2, 1, 4, 4), 0.5)
    masks = torch.zeros(2, 1, 4, 4)
    masks[:, :, :2, :2] = 1
    filled = torch.full((2, 1, 4, 4), -0.5)
    fake = InpaintedImages(torch.full((2, 1, 4, 4), -1.0), masks, filled)
    return Oracle(1.5, -0.5, [2.0, 0.0, -1.0]), Batch(x, torch.tensor([1, -1])), fake


def test_discriminator_terms_by_hand(judged: tuple[Oracle, Batch, InpaintedImages]) -> None:
    oracle, batch, fake = judged
    terms = RecAdvAux(real_target=0.9, w_aux=3.0).discriminator_terms(oracle, batch, fake, StepRandom(0, 0, "x"))
    assert set(terms) == {"adv", "aux"}
    assert terms["adv"].value.item() == pytest.approx(sigmoid_loss(1.5, 0.9) + sigmoid_loss(-0.5, 0.0), rel=1e-5)
    partition = math.exp(2) + math.exp(0) + math.exp(-1)
    assert terms["aux"].value.item() == pytest.approx(math.log(partition) - 0.0, rel=1e-5)
    assert terms["aux"].weight == 3.0


def test_generator_terms_by_hand(judged: tuple[Oracle, Batch, InpaintedImages]) -> None:
    oracle, batch, fake = judged
    terms = RecAdvAux(w_rec=10.0, w_aux_fake=0.5).generator_terms(oracle, batch, fake, StepRandom(0, 0, "x"))
    assert terms["rec"].value.item() == pytest.approx(1.0)  # (0.5 - -0.5)^2 at every hole pixel
    assert terms["rec"].weight == 10.0
    assert terms["adv"].value.item() == pytest.approx(sigmoid_loss(-0.5, 1.0), rel=1e-5)
    assert terms["aux_fake"].value.item() == pytest.approx(math.log(math.exp(2) + 1 + math.exp(-1)), rel=1e-5)


def test_reconstruction_does_not_depend_on_the_size_of_the_hole() -> None:
    x, x_g = torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5)
    small, large = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    small[..., 0, 0] = 1
    assert masked_mse(x, x_g, small).item() == masked_mse(x, x_g, large).item() == pytest.approx(0.25)


def test_reconstruction_without_a_hole_is_zero_not_nan() -> None:
    x = torch.zeros(1, 3, 8, 8)
    assert masked_mse(x, x + 1, torch.zeros(1, 1, 8, 8)).item() == 0


def test_cross_entropy_without_a_label_is_zero_with_zero_gradient() -> None:
    logits = torch.randn(5, 10, requires_grad=True)
    loss = class_cross_entropy(logits, torch.full((5,), -1))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.abs().sum() == 0


def test_the_composite_keeps_the_known_pixels(spec: ImageSpec, batch: Batch) -> None:
    fake = RecAdvAux().generate(MaskedAutoencoder(spec, width=4), batch, StepRandom(0, 0, "game"))
    inside = fake.masks.bool().expand_as(batch.images)
    assert torch.equal(fake.images[~inside], batch.images[~inside])
    assert torch.equal(fake.images[inside], fake.generated[inside])


def test_data_without_classes_has_no_class_term(batch: Batch) -> None:
    spec, loss, random = ImageSpec(3, 32, 32), RecAdvAux(w_aux_fake=1.0), StepRandom(0, 0, "game")
    unlabelled = Batch(batch.images, torch.full_like(batch.labels, -1))
    fake = loss.generate(MaskedAutoencoder(spec, width=4), unlabelled, random)
    critic = DualHeadPatchGAN(spec, width=4)
    assert set(loss.discriminator_terms(critic, unlabelled, fake.detach(), random)) == {"adv"}
    assert set(loss.generator_terms(critic, unlabelled, fake, random)) == {"rec", "adv"}


@pytest.mark.parametrize(
    ("weights", "uses"), [({}, True), ({"w_aux": 0.0}, False), ({"w_aux": 0, "w_aux_fake": 1}, True)]
)
def test_labels_are_used_if_a_class_term_has_weight(weights: dict[str, float], uses: bool) -> None:
    assert RecAdvAux(**weights).uses_labels is uses  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"mask_size": 1.5}, {"mask": "circle"}, {"w_rec": float("nan")}, {"w_adv": -1}])
def test_impossible_options_are_refused_from_python_as_well(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        RecAdvAux(**options)  # type: ignore[arg-type]
