"""AC-GAN against its formulas by hand, and as a user meets it."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from zoo_acgan.gan import AuxiliaryClassifier, ClassToImage, MadeOfClasses

from zoo_core import Batch, Discriminator, ImageSpec, Logits, StepRandom, UsageError
from zoo_core.plugin_kit.checks import component_checks

SPEC = ImageSpec(1, 8, 8, 3)
CLASS_LOGITS = [2.0, 0.0, -1.0]


class Oracle(Discriminator):
    """Says of bright images that they are real with logit 1.5, of dark ones -0.5; sees always the same classes."""

    def forward(self, images: Tensor) -> Logits:
        """The same opinion, whatever the image is but for its brightness."""
        validity = torch.where(images.mean((1, 2, 3)) > 0, 1.5, -0.5)
        return Logits(validity[:, None], torch.tensor(CLASS_LOGITS).expand(len(images), -1))

    def classify(self, images: Tensor) -> Tensor:
        """The class logits alone."""
        return torch.tensor(CLASS_LOGITS).expand(len(images), -1)


def random() -> StepRandom:
    """The same numbers at every call."""
    return StepRandom(0, 0, "test")


def minus_log_sigmoid(logit: float) -> float:
    """What it costs to have said `logit` where yes was right."""
    return -math.log(1 / (1 + math.exp(-logit)))


def minus_log_share(label: int) -> float:
    """What it costs to have said `CLASS_LOGITS` where `label` was right."""
    return math.log(sum(math.exp(logit) for logit in CLASS_LOGITS)) - CLASS_LOGITS[label]


@pytest.mark.parametrize("check", component_checks("acgan"), ids=str)
def test_contract(check: Callable[[], None]) -> None:
    """What every component of the zoo keeps."""
    check()


def test_terms_by_hand() -> None:
    """Bright reals of class 1 and unknown, dark made images of classes 0 and 2."""
    batch = Batch(torch.ones(2, 1, 8, 8), torch.tensor([1, -1]))
    fake = MadeOfClasses(-torch.ones(2, 1, 8, 8), torch.tensor([0, 2]))
    loss, oracle = AuxiliaryClassifier(w_adv=2.0, w_aux=3.0, w_aux_fake=4.0), Oracle(SPEC)
    made = (minus_log_share(0) + minus_log_share(2)) / 2
    expected = {
        "adv": (pytest.approx(minus_log_sigmoid(1.5) + minus_log_sigmoid(0.5)), 2.0),
        "aux": (pytest.approx(minus_log_share(1)), 3.0),
        "aux_fake": (pytest.approx(made), 4.0),
    }
    terms = loss.discriminator_terms(oracle, batch, fake, random())
    assert {name: (term.value.item(), term.weight) for name, term in terms.items()} == expected
    terms = loss.generator_terms(oracle, batch, fake, random())
    assert {name: (term.value.item(), term.weight) for name, term in terms.items()} == {
        "adv": (pytest.approx(minus_log_sigmoid(-0.5)), 2.0),
        "aux_fake": (pytest.approx(made), 4.0),
    }


def test_a_batch_without_labels_teaches_no_classes_of_reals() -> None:
    """The term is 0, not the mean of nothing."""
    batch = Batch(torch.ones(2, 1, 8, 8), torch.full((2,), -1))
    fake = MadeOfClasses(-torch.ones(2, 1, 8, 8), torch.tensor([0, 2]))
    assert AuxiliaryClassifier().discriminator_terms(Oracle(SPEC), batch, fake, random())["aux"].value.item() == 0


def test_made_images_get_all_classes_with_equal_chance() -> None:
    """Of 3,000 draws each of three classes gets 1,000, give or take four standard deviations."""
    batch = Batch(torch.zeros(3000, 1, 8, 8), torch.full((3000,), -1))
    fake = AuxiliaryClassifier().generate(ClassToImage(SPEC, width=1).eval(), batch, random())
    counts = torch.bincount(fake.labels, minlength=3)
    assert len(counts) == 3
    assert (counts - 1000).abs().max() <= 4 * math.sqrt(3000 * 1 / 3 * 2 / 3)


def test_samples_go_through_the_classes_in_turn() -> None:
    """Sampling is asking for classes 0, 1, 2, 0, 1 with the same noise; other classes give other images."""
    generator = ClassToImage(SPEC, width=4).eval()
    samples = generator.sample(5, random())
    assert torch.equal(samples, generator.sample_classes(torch.tensor([0, 1, 2, 0, 1]), random()))
    other = generator.sample_classes(torch.tensor([0, 1, 2, 0, 2]), random())
    assert torch.equal(samples[:4], other[:4])
    assert not torch.equal(samples[4], other[4])


@pytest.mark.parametrize(
    ("spec", "advice"), [(ImageSpec(1, 32, 32), "--labels all"), (ImageSpec(1, 30, 30, 2), "--image-size 32")]
)
def test_data_it_cannot_make_is_refused_with_what_to_type(spec: ImageSpec, advice: str) -> None:
    """Without classes or with an odd size there is nothing to build."""
    with pytest.raises(UsageError, match=advice):
        ClassToImage(spec)


def test_it_trains_from_the_command_line(tmp_path: Path) -> None:
    """Three steps against another plugin's critic leave a sample grid, and an accuracy is measured."""
    command = [sys.executable, "-m", "zoo_core", "train", "acgan", "--steps", "3", "--batch-size", "8"]
    done = subprocess.run(
        [*command, "--run-dir", str(tmp_path / "run"), "--json"], check=True, capture_output=True, text=True
    )
    assert 0 <= json.loads(done.stdout)["validation/accuracy"] <= 1
    assert [path.name for path in (tmp_path / "run" / "samples").iterdir()] == ["step-00000003.png"]


def test_without_labels_the_command_line_says_what_to_do(tmp_path: Path) -> None:
    """One sentence and the exit code of wrong usage, and no run is begun."""
    command = [sys.executable, "-m", "zoo_core", "train", "acgan", "--labels", "0", "--run-dir", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--labels all" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
