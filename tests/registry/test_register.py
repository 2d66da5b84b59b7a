import pytest

from registry import KINDS, Register


@pytest.fixture
def register() -> Register:
    return Register("acme", "zoo-acme", "1.2")


def test_there_is_one_method_for_each_kind(register: Register) -> None:
    for kind in KINDS:
        getattr(register, kind)("thing", "acme.things:Thing", "A thing.")
    assert [component.kind for component in register.components] == list(KINDS)


def test_components_state_their_origin(register: Register) -> None:
    register.loss("hinge", "acme.loss:Hinge", "Hinge loss.")
    assert register.components[0].as_dict() == {
        "kind": "loss",
        "name": "hinge",
        "target": "acme.loss:Hinge",
        "summary": "Hinge loss.",
        "plugin": "acme",
        "distribution": "zoo-acme",
        "version": "1.2",
    }


@pytest.mark.parametrize(
    ("name", "target", "summary", "message"),
    [
        ("Hinge Loss", "acme.loss:Hinge", "Hinge.", "lower-case"),
        ("hinge", "acme.loss.Hinge", "Hinge.", "package.module:Class"),
        ("hinge", "acme.loss:Hinge", "", "summary of one line"),
        ("hinge", "acme.loss:Hinge", "Two\nlines.", "summary of one line"),
    ],
)
def test_an_invalid_registration_is_refused(
    register: Register, name: str, target: str, summary: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        register.loss(name, target, summary)


def test_a_name_can_be_registered_once_per_kind(register: Register) -> None:
    register.loss("hinge", "acme.loss:Hinge", "Hinge.")
    register.recipe("hinge", "acme.recipes:HINGE", "Hinge.")
    with pytest.raises(ValueError, match="loss 'hinge' is registered twice"):
        register.loss("hinge", "acme.loss:Other", "Other.")
