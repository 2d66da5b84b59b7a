from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pluggy

from registry import Catalogue, Plugins
from zoo_core import hookimpl
from zoo_core.interfaces.hookspecs import plugin_api
from zoo_core.interfaces.plugin_hooks import PluginCallback


class Diary:
    def __init__(self) -> None:
        self.told: list[str] = []

    @hookimpl
    def training_started(self, run: Mapping[str, Any]) -> None:
        self.told.append(f"started {run['who']}")

    @hookimpl
    def metrics_logged(self, metrics: Mapping[str, float]) -> None:
        self.told.append(f"metrics {dict(metrics)}")

    @hookimpl
    def checkpoint_saved(self, step: int, path: Path) -> None:
        self.told.append(f"saved {path} at {step}")

    @hookimpl
    def training_finished(self, summary: Mapping[str, Any]) -> None:
        self.told.append(f"finished {summary['steps']}")


class Clumsy:
    @hookimpl
    def metrics_logged(self, step: int) -> None:
        raise OSError("no space left")


def observed(*plugins: object) -> tuple[PluginCallback, list[str]]:
    manager: pluggy.PluginManager = plugin_api().manager()
    for number, plugin in enumerate(plugins):
        manager.register(plugin, f"plugin-{number}")
    said: list[str] = []
    return PluginCallback(Plugins((), Catalogue([]), manager), said.append), said


def run(callback: PluginCallback) -> None:
    callback.training_started({"who": "me"})
    callback.metrics_logged(2, {"generator/adv": 0.5})
    callback.metrics_logged(4, {"generator/adv": 0.25})
    callback.checkpoint_saved(4, Path("here"))
    callback.training_finished({"steps": 4})


def test_a_plugin_is_told_of_every_event_and_takes_what_it_wants() -> None:
    diary = Diary()
    run(observed(diary)[0])
    assert diary.told == [
        "started me",
        "metrics {'generator/adv': 0.5}",
        "metrics {'generator/adv': 0.25}",
        "saved here at 4",
        "finished 4",
    ]


def test_a_plugin_that_fails_is_reported_once_and_the_others_go_on() -> None:
    diary = Diary()
    callback, said = observed(Clumsy(), diary)
    run(callback)
    assert len(diary.told) == 5
    assert len(said) == 1
    assert said[0].startswith("The plugin 'plugin-0' failed in metrics_logged and is left out of this run: OSError: no")
