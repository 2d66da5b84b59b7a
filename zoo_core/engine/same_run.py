"""Whether a run that is asked for is the one that is there, and what is not as it was."""

from collections.abc import Mapping
from typing import Any

LENGTH = "train.steps"  # the one setting that may be another when a run goes on, if no other depends on it


def setting_differences(there: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """What differs between the settings of two runs, as "train.lr is 0.001 there, 0.002 was asked"."""
    then, now = there.get("settings", {}), asked.get("settings", {})
    return _differences(then, now, may_grow=_open_ended(now.get("train", {})))


def provenance_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Sentences about components and packages that are not of the version a run was started with."""
    return [
        f"{name} was {old} when the run was started, now it is {new}."
        for (name, old), (_, new) in zip(_versions(then), _versions(now), strict=False)
        if old != new
    ]


def _versions(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    components = [
        (f"The {section} {part['plugin']}:{part['name']}", f"from {part['distribution']} {part['version']}")
        for section, part in sorted(run.get("components", {}).items())
    ]
    return components + sorted(run.get("versions", {}).items())


def _open_ended(train: Mapping[str, Any]) -> bool:
    """Whether a run's steps would be the same if there were more of them."""
    return train.get("schedule", "constant") == "constant" and not train.get("finetune_steps")


def _differences(there: Any, asked: Any, name: str = "", *, may_grow: bool) -> list[str]:
    if isinstance(there, Mapping) and isinstance(asked, Mapping):
        keys = [*there, *(key for key in asked if key not in there)]
        pairs = [(there.get(key), asked.get(key), f"{name}.{key}".lstrip(".")) for key in keys]
        return [difference for pair in pairs for difference in _differences(*pair, may_grow=may_grow)]
    return [] if there == asked or (may_grow and name == LENGTH) else [f"{name} is {there} there, {asked} was asked"]
