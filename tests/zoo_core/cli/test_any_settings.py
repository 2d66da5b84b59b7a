"""Whatever is typed or written into a settings file: a clean error or a run, never a traceback, never half a run."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from program import here

from registry import load_plugins
from zoo_core.config.composition import KIND_OF
from zoo_core.config.request import compose
from zoo_core.interfaces.hookspecs import plugin_api

SMALL = ("--steps", 2, "--width", 4, "--batch-size", 8, "--max-hours", 1e-4)
RECIPES = ("ccgan", "ccgan-modern", "ccgan-paper", "context-encoder", "labels-only")
FLAGS = ("labels", "image-size", "steps", "batch-size", "lr", "seed", "device", "precision", "log-every", "keep",
         "retries", "evaluate-every", "checkpoint-every", "width", "fold", "data", "data-root", "config")  # fmt: skip
WORDS = ("", " ", "all", "auto", "bf16", "centre", "digits", "false", "nan", "none", "true", "x", "ü", "\\", '"', "[1]")


def option_names() -> list[str]:
    """Every option of every recipe, as section.name."""
    catalogue = load_plugins(plugin_api()).catalogue
    flags = dict.fromkeys(("data", "data_root", "download", "strict", "fold", "width"))
    names = set()
    for recipe in RECIPES:
        every = {name.replace("-", "_"): None for name in FLAGS}
        composed = compose(catalogue, recipe, None, {**every, **flags, "assignments": ()})
        names |= {f"{section}.{name}" for section, options in composed.settings.items() for name in options}
    return sorted(names) + sorted(KIND_OF)


NAMES = option_names()
numbers = some.sampled_from([-(10**9), -1, 0, 1, 2, 3, 7, 33, 10**7, 10**18, 10**400]) | some.floats() | some.integers()
values = some.sampled_from(WORDS) | numbers | some.text(max_size=8)
names = (
    some.sampled_from(NAMES) | some.text(max_size=12) | some.builds(lambda name: name[:-1], some.sampled_from(NAMES))
)
assignments = some.builds(lambda name, value: ("-o", f"{name}={value}"), names, values)
flags = some.builds(lambda name, value: (f"--{name}", value), some.sampled_from(FLAGS), values)
sound = some.one_of(
    some.tuples(some.just("--seed"), some.integers(0, 99)),
    some.tuples(some.just("--lr"), some.floats(1e-6, 1e-2)),
    some.tuples(some.just("--labels"), some.sampled_from([0, 10, 50, 100, "all"])),
    some.tuples(some.just("--image-size"), some.sampled_from([16, 24, 32])),
    some.tuples(
        some.just("-o"), some.sampled_from(["loss.mask=strokes", "train.ema_decay=0.5", "train.labelled_fraction=1"])
    ),
    some.tuples(some.just("-o"), some.builds(lambda share: f"train.shift={share}", some.floats(0, 0.5))),
)
plain = some.none() | some.booleans() | numbers | some.text(max_size=8)
tables = some.dictionaries(some.sampled_from(NAMES), plain | some.lists(plain, max_size=2), max_size=3)


def written(table: dict[str, Any]) -> str:
    """A settings file; not always one that TOML allows."""
    return "\n".join(f"{name} = {json.dumps(value, default=str)}" for name, value in table.items())


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    recipe=some.sampled_from(RECIPES),
    typed=some.lists(sound | sound | assignments | flags, min_size=1, max_size=3),
    file=some.sampled_from([None] * 5) | some.builds(written, tables) | some.text(max_size=30),
)
def test_any_settings_give_a_clean_error_or_a_run(
    monkeypatch: pytest.MonkeyPatch, recipe: str, typed: Sequence[tuple[str, object]], file: str | None
) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard,report")  # which writes on in a thread
    folder = Path(tempfile.mkdtemp(prefix="zoo-any-"))
    try:
        config: tuple[object, ...] = ()
        if file is not None:
            (folder / "mine.toml").write_text(file, encoding="utf-8", errors="replace")
            config = ("--config", folder / "mine.toml")
        words = [word for pair in typed for word in pair]
        done = here("train", recipe, *SMALL, *config, *words, "--run-dir", folder / "run")
        assert done.returncode in (0, 1, 2), done
        assert "Traceback" not in done.stderr, done
        assert "fault of the zoo" not in done.stderr, done
        if (folder / "run").exists():
            assert json.loads((folder / "run" / "run.json").read_text())
            assert list((folder / "run" / "checkpoints").glob("step-*/state.json"))
        if done.returncode:
            assert done.stderr.strip(), done
    finally:
        shutil.rmtree(folder)
