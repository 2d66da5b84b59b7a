"""Turns constructors into schemas, and what users write into validated options."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from docstring_parser import parse
from pydantic import Field, ValidationError, create_model

from registry import UsageError, unknown_name_error
from zoo_core.interfaces.settings import Settings

TYPE_NAMES = {NoneType: "none", Path: "path"}
BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
EXPECTED = {"int_parsing": "a whole number", "float_parsing": "a number", "bool_parsing": "true or false"}
S = TypeVar("S", bound=Settings)


def build_schema(target: Callable[..., Any]) -> type[Settings]:
    """The options of a component, its keyword-only parameters, as a settings class.

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
    """Validates what a user wrote; text is converted to the type of the option, and errors name the section.

    Raises:
        UsageError: An option is unknown, is missing or has an invalid value.
    """
    for name in values:
        if name not in schema.model_fields:
            raise unknown_name_error(f"{section} option", name, schema.model_fields)
    try:
        return schema(**values)
    except ValidationError as error:
        raise UsageError(" ".join(_explain_errors(section, error))) from None


def describe_options(schema: type[Settings]) -> list[dict[str, Any]]:
    """Each option's name, type, default and description, as plain values."""
    return [
        {
            "name": name,
            "type": _format_type(field.annotation, field.metadata),
            "default": None if field.is_required() else field.default,
            "description": " ".join((field.description or "").split()),
        }
        for name, field in schema.model_fields.items()
    ]


def _explain_errors(section: str, error: ValidationError) -> list[str]:
    """One sentence per invalid option; the messages of a union's members are joined."""
    reasons: dict[str, tuple[Any, list[str]]] = {}
    for detail in error.errors():
        _, messages = reasons.setdefault(str(detail["loc"][0]), (detail["input"], []))
        messages.append(EXPECTED.get(detail["type"]) or detail["msg"].removeprefix("Input should be "))
    return [
        f"{section}.{name} cannot be {value!r}: it must be {' or '.join(messages)}."
        for name, (value, messages) in reasons.items()
    ]


def _format_type(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """A type for users: "int >= 1", "batch | none"."""
    if get_origin(annotation) is Annotated:
        return _format_type(annotation.__origin__, _flatten_bounds(annotation.__metadata__))
    if get_origin(annotation) in (Literal, Union, UnionType):
        members = get_args(annotation)
        return " | ".join(str(m) if get_origin(annotation) is Literal else _format_type(m) for m in members)
    bounds = [f"{BOUNDS[name]} {getattr(bound, name)}" for bound in metadata for name in BOUNDS if hasattr(bound, name)]
    return " ".join([TYPE_NAMES.get(annotation, getattr(annotation, "__name__", str(annotation))), *bounds])


def _flatten_bounds(metadata: Sequence[Any]) -> list[Any]:
    """Bounds, those of pydantic's Field included."""
    return [bound for item in metadata for bound in getattr(item, "metadata", [item])]
