"""A new plugin package can be written, installed, trained, checked and tested."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from program import Done, Run

from zoo_core import UsageError
from zoo_core.plugin_kit.plugin import write_package


@pytest.fixture
def zoo_with_plugin(process: Run, empty: Path, tmp_path: Path) -> Run:
    """Runs `zoo` with the new plugin `sketch` installed."""
    package, site = write_package("sketch", empty), tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", site, package]
    subprocess.run(list(map(str, pip)), check=True, capture_output=True)

    def run_with_site(*arguments: object) -> Done:
        return process(*arguments, PYTHONPATH=str(site))

    return run_with_site


@pytest.mark.slow
def test_a_new_package_installs_lists_trains_evaluates_and_passes_its_checks_and_tests(
    zoo_with_plugin: Run, empty: Path, tmp_path: Path
) -> None:
    assert "zoo-sketch 0.1.0" in zoo_with_plugin("list", "generator").stdout
    training = zoo_with_plugin("train", "sketch", "--steps", 2, "--batch-size", 8, "--run-dir", "r")
    assert training.returncode == 0, training.stderr
    assert "hole psnr" in zoo_with_plugin("evaluate", "r").stdout
    checks = zoo_with_plugin("check-plugin", "sketch")
    assert checks.returncode == 0, checks.stdout
    assert "checks passed" in checks.stdout
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(empty / "zoo-sketch")]
    done = subprocess.run(
        tests, env=os.environ | {"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_new_plugin_prints_the_next_commands(zoo: Run, empty: Path) -> None:
    done = zoo("new-plugin", "my-gan")
    assert done.returncode == 0
    assert "pip install -e zoo-my-gan" in done.stdout
    files = sorted(str(path.relative_to(empty)) for path in empty.rglob("*") if path.is_file())
    assert files == [
        "zoo-my-gan/README.md",
        "zoo-my-gan/pyproject.toml",
        "zoo-my-gan/tests/test_zoo_my_gan.py",
        "zoo-my-gan/zoo_my_gan/__init__.py",
        "zoo-my-gan/zoo_my_gan/generator.py",
        "zoo-my-gan/zoo_my_gan/plugin.py",
    ]
    assert "class MyGanGenerator(Generator)" in (empty / "zoo-my-gan/zoo_my_gan/generator.py").read_text()


@pytest.mark.parametrize("name", ["My GAN", "1gan", "gan_", "../gan"])
def test_an_invalid_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is not a valid plugin name"):
        write_package(name, tmp_path)


def test_an_existing_folder_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "zoo-sketch").mkdir()
    with pytest.raises(UsageError, match="zoo-sketch exists"):
        write_package("sketch", tmp_path)
    assert list((tmp_path / "zoo-sketch").iterdir()) == []


def test_check_plugin_says_what_to_change_in_a_plugin_that_breaks_the_contract(
    zoo: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ccgan_plugin.generator import MaskedAutoencoder

    monkeypatch.setattr(MaskedAutoencoder, "inpaint", lambda self, images, masks: images * 2)
    done = zoo("check-plugin", "ccgan")
    assert done.returncode == 1
    assert "FAILED  generator masked-autoencoder: generates valid images" in done.stdout
    assert "Images must be in [-1, 1]" in done.stdout
    assert "checks of the plugin 'ccgan' failed" in done.stderr
