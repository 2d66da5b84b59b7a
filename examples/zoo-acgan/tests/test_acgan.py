"""AC-GAN meets the plugin contract, matches its formulas and runs from the command line."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor
from zoo_acgan.gan import ACGANGenerator, ACGANLoss, ClassConditionalFake

from zoo_core import Batch, Discriminator, ImageSpec, Logits, StepRandom, Terms, UsageError
from zoo_core.plugin_kit import Check, component_checks

SPEC = ImageSpec(1, 8, 8, 3)
CLASS_LOGITS = [2.0, 0.0, -1.0]


class FixedDiscriminator(Discriminator):
    """Returns validity 1.5 for bright images and -0.5 for dark ones, and the same class logits for all."""

    def forward(self, images: Tensor) -> Logits:
        """Only the brightness of an image changes its logits."""
        validity = torch.where(images.mean((1, 2, 3)) > 0, 1.5, -0.5)
        return Logits(validity[:, None], torch.tensor(CLASS_LOGITS).expand(len(images), -1))

    def classify(self, images: Tensor) -> Tensor:
        """Returns the class logits."""
        return torch.tensor(CLASS_LOGITS).expand(len(images), -1)


def make_random() -> StepRandom:
    """Draws the same numbers after every call."""
    return StepRandom(0, 0, "test")


def compute_log_loss(logit: float) -> float:
    """The negative log-probability of "yes"."""
    return -math.log(1 / (1 + math.exp(-logit)))


def compute_cross_entropy(label: int) -> float:
    """The negative log-probability of a class according to `CLASS_LOGITS`."""
    return math.log(sum(math.exp(logit) for logit in CLASS_LOGITS)) - CLASS_LOGITS[label]


def check_terms(terms: Terms, expected: dict[str, tuple[float, float]]) -> None:
    """Compares the value and weight of every term."""
    assert terms.keys() == expected.keys()
    for name, (value, weight) in expected.items():
        assert terms[name].value.item() == pytest.approx(value), name
        assert terms[name].weight == weight, name


@pytest.mark.parametrize("check", component_checks("acgan"), ids=str)
def test_components_meet_the_plugin_contract(check: Check) -> None:
    check()


def test_terms_match_values_computed_by_hand() -> None:
    """Bright real images of class 1 and without a label, dark generated images of classes 0 and 2."""
    batch = Batch(torch.ones(2, 1, 8, 8), torch.tensor([1, -1]))
    fake = ClassConditionalFake(-torch.ones(2, 1, 8, 8), torch.tensor([0, 2]))
    loss, discriminator = ACGANLoss(w_adv=2.0, w_aux=3.0, w_aux_fake=4.0), FixedDiscriminator(SPEC)
    aux_fake = (compute_cross_entropy(0) + compute_cross_entropy(2)) / 2
    check_terms(
        loss.discriminator_terms(discriminator, batch, fake, make_random()),
        {
            "adv": (compute_log_loss(1.5) + compute_log_loss(0.5), 2.0),
            "aux": (compute_cross_entropy(1), 3.0),
            "aux_fake": (aux_fake, 4.0),
        },
    )
    check_terms(
        loss.generator_terms(discriminator, batch, fake, make_random()),
        {"adv": (compute_log_loss(-0.5), 2.0), "aux_fake": (aux_fake, 4.0)},
    )


def test_the_class_term_of_a_batch_without_labels_is_zero() -> None:
    batch = Batch(torch.ones(2, 1, 8, 8), torch.full((2,), -1))
    fake = ClassConditionalFake(-torch.ones(2, 1, 8, 8), torch.tensor([0, 2]))
    terms = ACGANLoss().discriminator_terms(FixedDiscriminator(SPEC), batch, fake, make_random())
    assert terms["aux"].value.item() == 0


def test_the_classes_of_generated_images_are_uniformly_distributed() -> None:
    """Each of three classes is drawn 1,000 times in 3,000, within four standard deviations."""
    batch = Batch(torch.zeros(3000, 1, 8, 8), torch.full((3000,), -1))
    fake = ACGANLoss().generate(ACGANGenerator(SPEC, width=1).eval(), batch, make_random())
    counts = torch.bincount(fake.labels, minlength=3)
    assert len(counts) == 3
    assert (counts - 1000).abs().max() <= 4 * math.sqrt(3000 * 1 / 3 * 2 / 3)


def test_sample_cycles_through_the_classes() -> None:
    """`sample(5)` equals `sample_classes` of 0, 1, 2, 0, 1 with the same noise; another class changes the image."""
    generator = ACGANGenerator(SPEC, width=4).eval()
    samples = generator.sample(5, make_random())
    assert torch.equal(samples, generator.sample_classes(torch.tensor([0, 1, 2, 0, 1]), make_random()))
    other = generator.sample_classes(torch.tensor([0, 1, 2, 0, 2]), make_random())
    assert torch.equal(samples[:4], other[:4])
    assert not torch.equal(samples[4], other[4])


@pytest.mark.parametrize(
    ("spec", "advice"), [(ImageSpec(1, 32, 32), "--labels all"), (ImageSpec(1, 30, 30, 2), "--image-size 32")]
)
def test_the_error_for_unsuitable_data_says_what_to_type(spec: ImageSpec, advice: str) -> None:
    """The generator refuses data without classes, and sizes that are not multiples of 8."""
    with pytest.raises(UsageError, match=advice):
        ACGANGenerator(spec)


def test_training_works_from_the_command_line(tmp_path: Path) -> None:
    """Three steps with the critic of another plugin write a sample grid and measure the accuracy."""
    command = [sys.executable, "-m", "zoo_core", "train", "acgan", "--steps", "3", "--batch-size", "8"]
    done = subprocess.run(
        [*command, "--run-dir", str(tmp_path / "run"), "--json"], check=True, capture_output=True, text=True
    )
    assert 0 <= json.loads(done.stdout)["validation/accuracy"] <= 1
    assert [path.name for path in (tmp_path / "run" / "samples").iterdir()] == ["step-00000003.png"]


def test_training_without_labels_is_refused_on_the_command_line(tmp_path: Path) -> None:
    """The command prints what to type, exits with 2 and creates no run."""
    command = [sys.executable, "-m", "zoo_core", "train", "acgan", "--labels", "0", "--run-dir", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--labels all" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
