from typing import Annotated, Literal

import pytest
from pydantic import Field

from registry import UsageError
from zoo_core.interfaces.options import build_schema, describe_options, validate_options


class Network:
    """A network.

    Args:
        spec: Not an option.
        width: Channels of the
            first stage.
        norm: Kind of normalisation.
    """

    def __init__(
        self, spec: object, *, width: Annotated[int, Field(ge=1)] = 8, norm: Literal["batch", "none"] = "batch"
    ) -> None: ...


def test_options_are_the_keyword_only_parameters_with_their_documentation() -> None:
    assert describe_options(build_schema(Network)) == [
        {"name": "width", "type": "int >= 1", "default": 8, "description": "Channels of the first stage."},
        {"name": "norm", "type": "batch | none", "default": "batch", "description": "Kind of normalisation."},
    ]


def test_text_is_converted_to_the_type_of_the_option() -> None:
    assert vars(validate_options("generator", build_schema(Network), {"width": "16"})) == {"width": 16, "norm": "batch"}


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("widht", "3", "Unknown generator option 'widht'. Did you mean 'width'"),
        ("width", "x", "generator.width cannot be 'x': it must be a whole number"),
        ("width", "0", "generator.width cannot be '0': it must be greater than or equal to 1"),
        ("norm", "bach", "generator.norm cannot be 'bach': it must be 'batch' or 'none'"),
    ],
)
def test_the_error_for_an_invalid_option_states_what_is_valid(option: str, value: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        validate_options("generator", build_schema(Network), {option: value})


def test_an_option_without_annotation_is_refused() -> None:
    def unannotated(*, width=3) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001

    with pytest.raises(TypeError, match=r"option 'width' of .*unannotated has no annotation"):
        build_schema(unannotated)
