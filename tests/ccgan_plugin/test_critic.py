import pytest
import torch

from ccgan_plugin import DualHeadPatchGAN
from zoo_core import ImageSpec, UsageError


@pytest.mark.parametrize(("size", "patches"), [(32, 1), (64, 2), (96, 3), (128, 4)])
def test_one_validity_logit_per_patch(size: int, patches: int) -> None:
    logits = DualHeadPatchGAN(ImageSpec(3, size, size, 10), width=4)(torch.zeros(2, 3, size, size))
    assert logits.validity.shape == (2, 1, patches, patches)
    assert logits.classes.shape == (2, 10)


def test_at_128_pixels_both_heads_use_512_maps_of_4x4() -> None:
    critic = DualHeadPatchGAN(ImageSpec(3, 128, 128, 10))
    with torch.no_grad():
        assert critic.trunk(torch.zeros(1, 3, 128, 128)).shape == (1, 512, 4, 4)
    assert critic.classes is not None
    assert critic.classes[-1].in_features == 512 * 4 * 4


def test_parameters_of_vgg_a() -> None:
    """VGG-A's eight 3x3 convolutions have 9,220,480 weights and biases (Simonyan and Zisserman 2015, table 1)."""
    pairs = [(3, 64), (64, 128), (128, 256), (256, 256), (256, 512), (512, 512), (512, 512), (512, 512)]
    convolutions = sum(9 * source * target + target for source, target in pairs)
    assert convolutions == 9_220_480
    critic = DualHeadPatchGAN(ImageSpec(3, 32, 32, 10), norm="none")
    assert sum(weight.numel() for weight in critic.trunk.parameters()) == convolutions


def test_validity_can_be_one_number() -> None:
    critic = DualHeadPatchGAN(ImageSpec(3, 64, 64, 10), width=4, validity="scalar")
    assert critic(torch.zeros(2, 3, 64, 64)).validity.shape == (2, 1)


def test_without_classes_there_is_no_class_head() -> None:
    critic = DualHeadPatchGAN(ImageSpec(3, 32, 32), width=4)
    assert critic(torch.zeros(2, 3, 32, 32)).classes is None
    with pytest.raises(UsageError, match="built without classes"):
        critic.classify(torch.zeros(2, 3, 32, 32))


def test_classify_gives_the_class_logits() -> None:
    critic = DualHeadPatchGAN(ImageSpec(3, 32, 32, 10), width=4).eval()
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(critic.classify(x), critic(x).classes)


@pytest.mark.parametrize("norm", ["none", "batch", "instance", "group"])
def test_every_norm_works_on_the_smallest_image(norm: str) -> None:
    critic = DualHeadPatchGAN(ImageSpec(1, 32, 32, 3), width=4, norm=norm)  # type: ignore[arg-type]
    assert critic(torch.rand(2, 1, 32, 32)).validity.isfinite().all()


def test_images_that_are_too_small_are_refused() -> None:
    with pytest.raises(UsageError, match=r"needs at least 32x32 pixels, not 16x16. Write `--image-size 32`"):
        DualHeadPatchGAN(ImageSpec(3, 16, 16, 10))
