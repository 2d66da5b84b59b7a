"""Differences between a run and what is requested or installed now."""

from collections.abc import Iterator, Mapping
from typing import Any

STEPS = "train.steps"  # may differ when a run is resumed, if its steps do not depend on their number


def compare_settings(existing: Mapping[str, Any], requested: Mapping[str, Any]) -> list[str]:
    """A sentence for each setting in which two runs differ; a longer training is none if it starts with the same steps.

    Args:
        existing: The content of run.json.
        requested: What a new run.json would contain.
    """
    before, now = (_flatten(run.get("settings", {})) for run in (existing, requested))
    names = [*before, *(name for name in now if name not in before)]
    is_extendable = now.get("train.schedule", "constant") == "constant" and not now.get("train.finetune_steps")
    return [
        f"The run uses {name}={before.get(name)}; {now.get(name)} was requested."
        for name in names
        if before.get(name) != now.get(name) and not (is_extendable and name == STEPS)
    ]


def compare_provenance(existing: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """A sentence for each component and package whose version has changed since a run was started.

    Args:
        existing: The content of run.json, or of an exported model's config.json.
        current: The same for what is installed now.
    """
    return [
        f"{name} was {before} when the run was started; it is {now} now."
        for (name, before), (_, now) in zip(_list_versions(existing), _list_versions(current), strict=False)
        if before != now
    ]


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted name, such as "train.lr"."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        is_section = isinstance(value, Mapping) and value
        flat |= _flatten(value, f"{prefix}{name}.") if is_section else {f"{prefix}{name}": value}
    return flat


def _list_versions(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section, part in sorted(run.get("components", {}).items()):
        yield f"The {section} {part['plugin']}:{part['name']}", f"from {part['distribution']} {part['version']}"
    yield from sorted(run.get("versions", {}).items())
