"""How the events of a run reach the plugins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry import Catalogue, Plugins
from zoo_core import hookimpl
from zoo_core.interfaces.hooks import PLUGIN_API, PluginCallback


class RecordingPlugin:
    """Records the events of a run; its hooks declare only some of the arguments."""

    def __init__(self) -> None:
        self.events: list[str] = []

    @hookimpl
    def training_started(self, run: Mapping[str, Any]) -> None:
        self.events.append(f"started {run['name']}")

    @hookimpl
    def metrics_logged(self, metrics: Mapping[str, float]) -> None:
        self.events.append(f"metrics {dict(metrics)}")

    @hookimpl
    def training_warned(self, message: str, step: int) -> None:
        self.events.append(f"warned at {step}: {message}")

    @hookimpl
    def checkpoint_saved(self, step: int, path: Path) -> None:
        self.events.append(f"saved {path} at {step}")

    @hookimpl
    def training_finished(self, summary: Mapping[str, Any]) -> None:
        self.events.append(f"finished {summary['steps']}")


class FailingPlugin:
    @hookimpl
    def metrics_logged(self, step: int) -> None:
        raise OSError("no space left")


def build_callback(*plugins: object) -> tuple[PluginCallback, list[str]]:
    """The callback of some plugins, and the list of what it reports."""
    manager = PLUGIN_API.create_manager()
    for number, plugin in enumerate(plugins):
        manager.register(plugin, f"plugin-{number}")
    reports: list[str] = []
    return PluginCallback(Plugins((), Catalogue([]), manager), reports.append), reports


def simulate_run(callback: PluginCallback) -> None:
    callback.training_started({"name": "digits-1"})
    callback.metrics_logged(2, {"generator/adv": 0.5})
    callback.metrics_logged(4, {"generator/adv": 0.25})
    callback.training_warned(4, "mode collapse")
    callback.checkpoint_saved(4, Path("checkpoints"))
    callback.training_finished({"steps": 4})


def test_a_plugin_receives_every_event_with_the_arguments_that_it_declares() -> None:
    plugin = RecordingPlugin()
    simulate_run(build_callback(plugin)[0])
    assert plugin.events == [
        "started digits-1",
        "metrics {'generator/adv': 0.5}",
        "metrics {'generator/adv': 0.25}",
        "warned at 4: mode collapse",
        "saved checkpoints at 4",
        "finished 4",
    ]


def test_a_failing_plugin_is_reported_once_and_the_others_continue() -> None:
    plugin = RecordingPlugin()
    callback, reports = build_callback(FailingPlugin(), plugin)
    simulate_run(callback)
    assert len(plugin.events) == 6
    assert len(reports) == 1
    reason = "The plugin 'plugin-0' failed in metrics_logged and is left out of this run: OSError: no space left"
    assert reports[0].startswith(reason)


def test_plugins_are_called_in_the_order_in_which_they_were_loaded() -> None:
    calls = []

    class First:
        @hookimpl
        def training_finished(self) -> None:
            calls.append("first")

    class Second:
        @hookimpl(tryfirst=True)
        def training_finished(self) -> None:
            calls.append("second")

    class Third:
        @hookimpl(trylast=True)
        def training_finished(self) -> None:
            calls.append("third")

    build_callback(First(), Second(), Third())[0].training_finished({})
    assert calls == ["first", "second", "third"]
