import torch
from sklearn.datasets import load_digits

from zoo_core import DatasetRequest, digits


def test_digits_are_the_images_of_scikit_learn() -> None:
    """At 8x8 pixels, both splits together are the 1,797 images; grey values 0 to 16 are scaled to 0 to 255."""
    splits = [digits(DatasetRequest(split, 8)) for split in ("train", "test")]
    assert [len(images) for images in splits] == [1297, 500]
    loaded = torch.cat([images.pixels.read(torch.arange(len(images))) for images in splits]).flatten(1).double()
    originals = torch.from_numpy(load_digits().data) * 255 / 16
    assert (loaded.sum(0) - originals.sum(0)).abs().max() <= 0.5 * 1797
    assert sorted(map(tuple, loaded.tolist())) == sorted(map(tuple, originals.round().tolist()))


def test_the_test_split_of_digits_is_stratified() -> None:
    counts = torch.bincount(digits(DatasetRequest("test")).labels)
    assert counts.min() >= 48
    assert counts.max() <= 52


def test_digits_have_the_requested_size() -> None:
    assert digits(DatasetRequest("test", 64)).pixels.read(torch.arange(2)).shape == (2, 1, 64, 64)
