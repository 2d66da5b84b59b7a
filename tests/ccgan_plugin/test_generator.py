import pytest
import torch

from ccgan_plugin import MaskedAutoencoder
from zoo_core import ImageSpec, UsageError


@pytest.mark.parametrize("size", [32, 64, 96, 128])
@pytest.mark.parametrize("options", [{}, {"skips": True, "mask_channel": True}, {"depth": 3, "norm": "none"}])
def test_output_is_as_large_as_input(size: int, options: dict[str, object]) -> None:
    generator = MaskedAutoencoder(ImageSpec(3, size, size), width=4, **options)  # type: ignore[arg-type]
    x = torch.zeros(2, 3, size, size)
    assert generator.inpaint(x, torch.zeros(2, 1, size, size)).shape == x.shape


def test_images_need_not_be_square() -> None:
    generator = MaskedAutoencoder(ImageSpec(1, 32, 64), width=4)
    assert generator.inpaint(torch.zeros(2, 1, 32, 64), torch.zeros(2, 1, 32, 64)).shape == (2, 1, 32, 64)


def test_parameters_of_the_published_widths() -> None:
    """3-64-128-256-512 and back with 4x4 kernels and biases; batch norm has two numbers a channel."""
    pairs = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 256), (256, 128), (128, 64), (64, 3)]
    convolutions = sum(16 * source * target + target for source, target in pairs)
    norms = 2 * (128 + 256 + 512 + 256 + 128 + 64)
    generator = MaskedAutoencoder(ImageSpec(3, 128, 128))
    assert sum(weight.numel() for weight in generator.parameters()) == convolutions + norms


@pytest.mark.parametrize("options", [{}, {"skips": True}, {"mask_channel": True}, {"fill": -1.0}])
def test_the_content_of_the_hole_never_reaches_the_network(options: dict[str, object]) -> None:
    generator = MaskedAutoencoder(ImageSpec(3, 32, 32), width=4, **options).eval()  # type: ignore[arg-type]
    masks = torch.zeros(1, 1, 32, 32)
    masks[..., 5:20, 7:30] = 1
    x = torch.rand(1, 3, 32, 32)
    other = torch.where(masks.bool(), torch.rand(1, 3, 32, 32), x)
    assert torch.equal(generator.inpaint(x, masks), generator.inpaint(other, masks))


def test_missing_pixels_have_the_fill_value() -> None:
    seen: list[torch.Tensor] = []
    generator = MaskedAutoencoder(ImageSpec(1, 32, 32), width=4, fill=-0.5)
    generator.encoder[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    generator.inpaint(torch.ones(1, 1, 32, 32), torch.ones(1, 1, 32, 32))
    assert torch.equal(seen[0], torch.full((1, 1, 32, 32), -0.5))


@pytest.mark.parametrize(("size", "depth", "advice"), [(33, 4, "--image-size 32"), (40, 4, "32"), (8, 4, "16")])
def test_a_size_that_does_not_divide_is_refused_with_one_that_does(size: int, depth: int, advice: str) -> None:
    with pytest.raises(UsageError, match=advice):
        MaskedAutoencoder(ImageSpec(3, size, size), depth=depth)
