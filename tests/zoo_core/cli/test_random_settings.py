"""Any options and any settings file give either an error message or a run: no traceback and no incomplete run."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from program import run_here

from zoo_core.cli.options import compose
from zoo_core.config.composition import SECTION_KINDS
from zoo_core.interfaces.hooks import load_installed_plugins

SMALL = ("--steps", 2, "--width", 4, "--batch-size", 8, "--max-hours", 1e-4)
RECIPES = ("ccgan", "ccgan-modern", "ccgan-paper", "context-encoder", "labels-only")
FLAGS = ("labels", "image-size", "steps", "batch-size", "lr", "seed", "device", "precision", "log-every", "keep",
         "retries", "evaluate-every", "checkpoint-every", "width", "fold", "data", "data-root", "config")  # fmt: skip
WORDS = ("", " ", "all", "auto", "bf16", "centre", "digits", "false", "nan", "none", "true", "x", "ü", "\\", '"', "[1]")


def collect_option_names() -> list[str]:
    """The names of all options of all recipes, as section.name, and of all sections."""
    catalogue = load_installed_plugins().catalogue
    no_flags = dict.fromkeys(("data", "data_root", "download", "strict"))
    names = set()
    for recipe in RECIPES:
        composition = compose(catalogue, recipe, None, {**no_flags, "assignments": ()})
        names |= {f"{section}.{name}" for section, options in composition.settings.items() for name in options}
    return sorted(names) + sorted(SECTION_KINDS)


NAMES = collect_option_names()
numbers = some.sampled_from([-(10**9), -1, 0, 1, 2, 3, 7, 33, 10**7, 10**18, 10**400]) | some.floats() | some.integers()
values = some.sampled_from(WORDS) | numbers | some.text(max_size=8)
names = (
    some.sampled_from(NAMES) | some.text(max_size=12) | some.builds(lambda name: name[:-1], some.sampled_from(NAMES))
)
assignments = some.builds(lambda name, value: ("-o", f"{name}={value}"), names, values)
flags = some.builds(lambda name, value: (f"--{name}", value), some.sampled_from(FLAGS), values)
valid_settings = some.one_of(
    some.tuples(some.just("--seed"), some.integers(0, 99)),
    some.tuples(some.just("--lr"), some.floats(1e-6, 1e-2)),
    some.tuples(some.just("--labels"), some.sampled_from([0, 10, 50, 100, "all"])),
    some.tuples(some.just("--image-size"), some.sampled_from([16, 24, 32])),
    some.tuples(
        some.just("-o"), some.sampled_from(["loss.mask=strokes", "train.ema_decay=0.5", "train.labelled_fraction=1"])
    ),
    some.tuples(some.just("-o"), some.builds(lambda fraction: f"train.shift={fraction}", some.floats(0, 0.5))),
)
toml_values = some.none() | some.booleans() | numbers | some.text(max_size=8)
tables = some.dictionaries(some.sampled_from(NAMES), toml_values | some.lists(toml_values, max_size=2), max_size=3)


def format_settings_file(table: dict[str, Any]) -> str:
    """A settings file, which is not always valid TOML."""
    return "\n".join(f"{name} = {json.dumps(value, default=str)}" for name, value in table.items())


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    recipe=some.sampled_from(RECIPES),
    options=some.lists(valid_settings | valid_settings | assignments | flags, min_size=1, max_size=3),
    file=some.sampled_from([None] * 5) | some.builds(format_settings_file, tables) | some.text(max_size=30),
)
def test_any_settings_give_an_error_message_or_a_run(
    monkeypatch: pytest.MonkeyPatch, recipe: str, options: Sequence[tuple[str, object]], file: str | None
) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard,report")  # tensorboard writes in a thread of its own
    folder = Path(tempfile.mkdtemp(prefix="zoo-any-"))
    try:
        config: tuple[object, ...] = ()
        if file is not None:
            (folder / "mine.toml").write_text(file, encoding="utf-8", errors="replace")
            config = ("--config", folder / "mine.toml")
        arguments = [argument for option in options for argument in option]
        done = run_here("train", recipe, *SMALL, *config, *arguments, "--run-dir", folder / "run")
        assert done.returncode in (0, 1, 2), done
        assert "Traceback" not in done.stderr, done
        assert "This is a bug" not in done.stderr, done
        if (folder / "run").exists():
            assert json.loads((folder / "run" / "run.json").read_text())
            assert list((folder / "run" / "checkpoints").glob("step-*/state.json"))
        if done.returncode:
            assert done.stderr.strip(), done
    finally:
        shutil.rmtree(folder)
