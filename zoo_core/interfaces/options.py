"""Turns a constructor into a schema, and what users write into validated options."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from docstring_parser import parse
from pydantic import Field, ValidationError, create_model

from registry import UsageError, unknown
from zoo_core.interfaces.settings import Settings

PLAIN = {NoneType: "none", Path: "path"}
BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
WANTED = {"int_parsing": "a whole number", "float_parsing": "a number", "bool_parsing": "true or false"}
S = TypeVar("S", bound=Settings)


def build_schema(target: Callable[..., Any]) -> type[Settings]:
    """The options of a component: its keyword-only parameters, as a settings class.

    Names, types and defaults come from the signature, descriptions from the Args section of the docstring.

    Raises:
        TypeError: An option has no annotation.
    """
    documented = {param.arg_name: param.description or "" for param in parse(inspect.getdoc(target) or "").params}
    hints = get_type_hints(target.__init__ if inspect.isclass(target) else target, include_extras=True)
    options: dict[str, Any] = {}
    for name, parameter in inspect.signature(target).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        if name not in hints:
            raise TypeError(f"option '{name}' of {target.__qualname__} has no annotation")
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        options[name] = (hints[name], Field(default, description=documented.get(name, "")))
    return create_model(target.__name__, __base__=Settings, **options)


def validate_options(section: str, schema: type[S], values: Mapping[str, Any]) -> S:
    """Settings made of what a user wrote; text is read as the type asks.

    Args:
        section: Named in errors, such as "generator".
        schema: What the settings must be.
        values: What was written, by option name.

    Raises:
        UsageError: An option is unknown, missing or has a value it cannot take.
    """
    for name in values:
        if name not in schema.model_fields:
            raise unknown(f"option of {section}", name, schema.model_fields)
    try:
        return schema(**values)
    except ValidationError as error:
        raise UsageError(" ".join(_sentences(section, error))) from None


def describe_options(schema: type[Settings]) -> list[dict[str, Any]]:
    """Each option's name, type, default and description, as plain values."""
    return [
        {
            "name": name,
            "type": _type_name(field.annotation, field.metadata),
            "default": None if field.is_required() else field.default,
            "description": " ".join((field.description or "").split()),
        }
        for name, field in schema.model_fields.items()
    ]


def _sentences(section: str, error: ValidationError) -> list[str]:
    """One sentence for each option at fault; the members of a union complain together."""
    reasons: dict[str, tuple[Any, list[str]]] = {}
    for detail in error.errors():
        _, messages = reasons.setdefault(str(detail["loc"][0]), (detail["input"], []))
        messages.append(WANTED.get(detail["type"]) or detail["msg"].removeprefix("Input should be "))
    return [
        f"{section}.{name} cannot be {value!r}: it should be {' or '.join(messages)}."
        for name, (value, messages) in reasons.items()
    ]


def _type_name(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """A type as users read it: "int >= 1", "batch | none"."""
    if get_origin(annotation) is Annotated:
        return _type_name(annotation.__origin__, _flat(annotation.__metadata__))
    if get_origin(annotation) in (Literal, Union, UnionType):
        members = get_args(annotation)
        return " | ".join(str(m) if get_origin(annotation) is Literal else _type_name(m) for m in members)
    bounds = [f"{BOUNDS[name]} {getattr(bound, name)}" for bound in metadata for name in BOUNDS if hasattr(bound, name)]
    return " ".join([PLAIN.get(annotation, getattr(annotation, "__name__", str(annotation))), *bounds])


def _flat(metadata: Sequence[Any]) -> list[Any]:
    """Bounds given by pydantic's Field beside plain ones."""
    return [bound for item in metadata for bound in getattr(item, "metadata", [item])]
