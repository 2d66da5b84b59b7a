import torch

from zoo_core import StepRandom
from zoo_core.data.pixels import shift_and_flip


def make_random(step: int = 0) -> StepRandom:
    return StepRandom(0, step, "augmentation")


def test_a_shifted_image_is_a_crop_with_reflected_borders() -> None:
    images = torch.rand(40, 3, 8, 8)
    shifted = shift_and_flip(images, make_random(), shift=2, flip=False)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2), mode="reflect")
    offsets = set()
    for image, source in zip(shifted, padded, strict=True):
        matches = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if torch.equal(source[:, top : top + 8, left : left + 8], image)
        ]
        assert len(matches) == 1
        offsets |= set(matches)
    assert {top for top, _ in offsets} == {left for _, left in offsets} == set(range(5))


def test_about_half_of_the_images_are_flipped() -> None:
    images = torch.rand(400, 1, 4, 4)
    result = shift_and_flip(images, make_random(), shift=0, flip=True)
    flipped = (result == images.flip(3)).flatten(1).all(1)
    assert ((result == images).flatten(1).all(1) ^ flipped).all()
    assert 150 < flipped.sum() < 250


def test_shifts_and_flips_depend_on_the_step_alone() -> None:
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(shift_and_flip(images, make_random(), 2, True), shift_and_flip(images, make_random(), 2, True))
    assert not torch.equal(
        shift_and_flip(images, make_random(), 2, True), shift_and_flip(images, make_random(1), 2, True)
    )
