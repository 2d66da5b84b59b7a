"""Requirements on how a component is declared: its type, registration, options, docstring and recipe."""

import inspect
import os
import subprocess
import sys

from registry import Component
from zoo_core import Discriminator, Generator, ImageDataset, Loss, Recipe
from zoo_core.interfaces.hooks import load_installed_plugins
from zoo_core.interfaces.options import build_schema, describe_options

BASE_CLASSES: dict[str, type] = {"generator": Generator, "discriminator": Discriminator, "loss": Loss}


class ContractError(AssertionError):
    """A component does not meet a requirement of the plugin contract; the message says what to change.

    Examples:
        >>> from zoo_core.plugin_kit import ContractError, component_checks
        >>> for check in component_checks("ccgan")[:2]:
        ...     try:
        ...         check()
        ...     except ContractError as error:
        ...         print(check, error)
    """


def require(condition: bool, advice: str) -> None:
    """Raises a `ContractError` with this advice unless the condition holds."""
    if not condition:
        raise ContractError(advice)


def matches_its_kind(component: Component) -> None:
    """A network or loss extends its base class, a recipe is a `Recipe`, and a dataset returns an `ImageDataset`."""
    target = component.load()
    if component.kind == "dataset":
        annotation = inspect.signature(target).return_annotation
        advice = f"Annotate the return type of {component.target} as ImageDataset."
        require(annotation in (ImageDataset, "ImageDataset"), advice)
    elif component.kind == "recipe":
        require(isinstance(target, Recipe), f"{component.target} must be a zoo_core.Recipe object.")
    else:
        base = BASE_CLASSES[component.kind]
        extends_base = inspect.isclass(target) and issubclass(target, base)
        require(extends_base, f"{component.target} must be a class that extends zoo_core.{base.__name__}.")


def registers_without_importing_torch(component: Component) -> None:
    """Registration must be fast, so it must not import torch."""
    script = (
        "import sys\nfrom zoo_core.interfaces.hooks import load_installed_plugins\n"
        "load_installed_plugins()\nprint('torch' in sys.modules)"
    )
    environment = {**os.environ, "ZOO_PLUGINS": component.plugin}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    advice = f"Import torch only in modules that targets such as '{component.target}' name, not in the plugin module."
    require(done.stdout.strip() == "False", advice)


def documents_its_options(component: Component) -> None:
    """Every option is keyword-only, has an annotation and a default, and is described under Args."""
    parameters = inspect.signature(component.load()).parameters.values()
    positional = [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    options = positional[0 if component.kind == "loss" else 1 :]
    require(not options, f"Make {', '.join(options)} of {component.target} keyword-only: write '*' before the options.")
    try:
        schema = build_schema(component.load())
    except TypeError as error:
        raise ContractError(f"Annotate every keyword-only option: {error}.") from error
    for option in describe_options(schema):
        name = option["name"]
        require(bool(option["description"]), f"Describe '{name}' in the Args section of {component.target}.")
        has_default = not schema.model_fields[name].is_required()
        require(has_default, f"Give the option '{name}' of {component.target} a default.")


def starts_its_docstring_with_its_summary(component: Component) -> None:
    """The summary that `zoo list` shows is the first line of the docstring."""
    first_line = (inspect.getdoc(component.load()) or "").partition("\n")[0]
    require(first_line == component.summary, f"Start the docstring of {component.target} with '{component.summary}'.")


def is_used_by_a_recipe(component: Component) -> None:
    """At least one recipe uses it, so that users can try it."""
    names = (component.qualified_name, component.name)
    recipes = load_installed_plugins().catalogue.filter_by_kind("recipe")
    is_used = any(recipe.load().to_sections()[component.kind]["name"] in names for recipe in recipes)
    require(is_used, f"Register a recipe that uses the {component.kind} '{component.name}'.")
