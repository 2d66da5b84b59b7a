import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from zoo_core.evaluation.inpainting import compute_ssim_map

PAPER = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
EDGE = 5  # pixels, where scikit-image pads an image in another way


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
