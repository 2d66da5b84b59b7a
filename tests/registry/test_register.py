import pytest

from registry import KINDS, Register


@pytest.fixture
def register() -> Register:
    return Register("acme", "zoo-acme", "1.2")


def test_there_is_one_method_for_each_kind(register: Register) -> None:
    for kind in KINDS:
        getattr(register, kind)("thing", "acme.things:Thing", "A thing.")
    assert [component.kind for component in register.components] == list(KINDS)


def test_components_know_where_they_come_from(register: Register) -> None:
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
    ("name", "target", "summary", "complaint"),
    [
        ("Hinge Loss", "acme.loss:Hinge", "Hinge.", "lower-case"),
        ("hinge", "acme.loss.Hinge", "Hinge.", "package.module:Class"),
        ("hinge", "acme.loss:Hinge", "", "summary of one line"),
        ("hinge", "acme.loss:Hinge", "Two\nlines.", "summary of one line"),
    ],
)
def test_what_is_offered_must_be_in_order(
    register: Register, name: str, target: str, summary: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        register.loss(name, target, summary)


def test_a_name_is_registered_once_per_kind(register: Register) -> None:
    register.loss("hinge", "acme.loss:Hinge", "Hinge.")
    register.recipe("hinge", "acme.recipes:HINGE", "Hinge.")
    with pytest.raises(ValueError, match="loss 'hinge' is registered twice"):
        register.loss("hinge", "acme.loss:Other", "Other.")
