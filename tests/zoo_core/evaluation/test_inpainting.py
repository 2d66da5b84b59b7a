import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from zoo_core.evaluation.inpainting import compute_masked_psnr, compute_ssim_map

PAPER = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
EDGE = 5  # pixels, where scikit-image pads an image in another way


def test_psnr_in_a_hole_matches_a_calculation_by_hand() -> None:
    """An error of 0.2 of a range of 2 in the hole: 20 log10(2 / 0.2) = 20 dB, whatever is outside."""
    x, masks = torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)
    masks[..., :2] = 1
    filled = torch.where(masks.bool(), 0.2, 0.9).expand_as(x)
    assert compute_masked_psnr(x, masks, filled).tolist() == pytest.approx([20.0])


def test_psnr_of_a_completely_masked_image_matches_another_library() -> None:
    x, filled = torch.rand(2, 3, 5, 3, 8, generator=torch.Generator().manual_seed(0)).mul(2).sub(1).unbind()
    expected = [peak_signal_noise_ratio(a.numpy(), b.numpy(), data_range=2) for a, b in zip(x, filled, strict=True)]
    assert compute_masked_psnr(x, torch.ones(3, 1, 3, 8), filled).tolist() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shape", [(70, 1, 32, 32), (30, 3, 40, 24), (1, 3, 320, 300)])
def test_ssim_matches_scikit_image_around_every_value(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(shape, generator=generator) * 2 - 1
    references = (
        (images + 0.5 * torch.randn(shape, generator=generator)).clamp(-1, 1).to(memory_format=torch.channels_last)
    )
    result = compute_ssim_map(images, references).numpy()
    for ssim, a, b in zip(result, images.double().numpy(), references.double().numpy(), strict=True):
        _, expected = structural_similarity(a, b, **PAPER, data_range=2.0, channel_axis=0, full=True)
        inner = np.s_[:, EDGE:-EDGE, EDGE:-EDGE]
        assert ssim[inner] == pytest.approx(expected[inner], abs=1e-5)
