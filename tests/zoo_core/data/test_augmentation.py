import torch

from zoo_core import StepRandom
from zoo_core.data.augmentation import shift_and_flip


def moment(step: int = 0) -> StepRandom:
    return StepRandom(0, step, "augmentation")


def test_a_shift_is_a_crop_from_the_image_with_reflected_borders() -> None:
    x = torch.rand(40, 3, 8, 8)
    shifted = shift_and_flip(x, moment(), shift=2, flip=False)
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2), mode="reflect")
    places = set()
    for image, source in zip(shifted, padded, strict=True):
        fits = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if torch.equal(source[:, top : top + 8, left : left + 8], image)
        ]
        assert len(fits) == 1
        places |= set(fits)
    assert {top for top, _ in places} == {left for _, left in places} == set(range(5))


def test_about_half_of_the_images_are_mirrored() -> None:
    x = torch.rand(400, 1, 4, 4)
    mirrored = shift_and_flip(x, moment(), shift=0, flip=True)
    flipped = (mirrored == x.flip(3)).flatten(1).all(1)
    assert ((mirrored == x).flatten(1).all(1) ^ flipped).all()
    assert 150 < flipped.sum() < 250


def test_the_same_moment_moves_the_same_way() -> None:
    x = torch.rand(4, 1, 8, 8)
    assert torch.equal(shift_and_flip(x, moment(), 2, True), shift_and_flip(x, moment(), 2, True))
    assert not torch.equal(shift_and_flip(x, moment(), 2, True), shift_and_flip(x, moment(1), 2, True))
