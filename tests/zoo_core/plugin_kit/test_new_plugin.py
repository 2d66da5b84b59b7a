"""A first package, written, installed as pip leaves it, trained, checked and tested."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from program import Done, Run, in_a_process

from zoo_core import UsageError
from zoo_core.plugin_kit.new_plugin import write_package


@pytest.fixture
def installed(empty: Path, tmp_path: Path) -> Run:
    """`zoo` beside an installed plugin `sketch` that was just written."""
    package, site = write_package("sketch", empty), tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", site, package]
    subprocess.run(list(map(str, pip)), check=True, capture_output=True)
    run = in_a_process(empty)

    def with_site(*arguments: object) -> Done:
        return run(*arguments, PYTHONPATH=str(site))

    return with_site


@pytest.mark.slow
def test_the_package_installs_lists_trains_evaluates_and_passes_checks_and_tests(
    installed: Run, empty: Path, tmp_path: Path
) -> None:
    assert "zoo-sketch 0.1.0" in installed("list", "generator").stdout
    trained = installed("train", "sketch", "--steps", 2, "--batch-size", 8, "--run-dir", "r")
    assert trained.returncode == 0, trained.stderr
    assert "hole psnr" in installed("evaluate", "r").stdout
    checked = installed("check-plugin", "sketch")
    assert checked.returncode == 0, checked.stdout
    assert "checks passed" in checked.stdout
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(empty / "zoo-sketch")]
    done = subprocess.run(
        tests, env=os.environ | {"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_the_command_says_what_to_type_next(zoo: Run, empty: Path) -> None:
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
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a plugin"):
        write_package(name, tmp_path)


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "zoo-sketch").mkdir()
    with pytest.raises(UsageError, match="zoo-sketch exists"):
        write_package("sketch", tmp_path)


def test_a_plugin_that_breaks_the_contract_is_told_what_to_change(zoo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from ccgan_plugin.generator import MaskedAutoencoder

    monkeypatch.setattr(MaskedAutoencoder, "inpaint", lambda self, images, masks: images * 2)
    done = zoo("check-plugin", "ccgan")
    assert done.returncode == 1
    assert "FAILED  generator masked-autoencoder: makes images" in done.stdout
    assert "Keep images in [-1, 1]" in done.stdout
    assert "checks of the plugin 'ccgan' failed" in done.stderr
