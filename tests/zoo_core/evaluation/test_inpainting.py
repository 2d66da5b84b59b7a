import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from zoo_core.evaluation.inpainting import ssim_map

PAPER = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
EDGE = 5  # pixels, where scikit-image continues an image differently


@pytest.mark.parametrize("shape", [(70, 1, 32, 32), (30, 3, 40, 24), (1, 3, 320, 300)])
def test_the_similarity_is_scikit_images_around_every_value(shape: tuple[int, ...]) -> None:
    draw = torch.Generator().manual_seed(0)
    one = torch.rand(shape, generator=draw) * 2 - 1
    other = (one + 0.5 * torch.randn(shape, generator=draw)).clamp(-1, 1).to(memory_format=torch.channels_last)
    ours = ssim_map(one, other).numpy()
    for found, a, b in zip(ours, one.double().numpy(), other.double().numpy(), strict=True):
        _, expected = structural_similarity(a, b, **PAPER, data_range=2.0, channel_axis=0, full=True)
        inner = np.s_[:, EDGE:-EDGE, EDGE:-EDGE]
        assert found[inner] == pytest.approx(expected[inner], abs=1e-5)
