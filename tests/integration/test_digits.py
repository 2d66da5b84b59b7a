"""What the README's first command promises, in full."""

import json

import pytest
from program import Run


@pytest.mark.slow
def test_ccgan_on_digits_reaches_what_is_promised(process: Run) -> None:
    """An untrained generator has 9.9 dB on these images, and guessing is right in 10 %."""
    trained = process("train", "ccgan", "--json")
    assert trained.returncode == 0, trained.stderr
    result = json.loads(process("evaluate", json.loads(trained.stdout)["run_dir"], "--json").stdout)
    assert result["images"] == 500
    assert result["hole_psnr"] >= 15.5
    assert result["accuracy"] >= 0.93
