"""What this package offers to the zoo."""

from zoo_core import Recipe, Register, hookimpl

RECIPE = Recipe(
    "cyclegan:cyclegan",
    "cyclegan:cyclegan",
    "cyclegan:cyclegan",
    data="folder",
    options={
        "generator": {"width": 16, "blocks": 3},
        "discriminator": {"width": 16, "depth": 2},
        "train": {"batch_size": 8, "lr": 2e-4},
    },
)


@hookimpl
def register_components(register: Register) -> None:
    """Offers the three parts of CycleGAN and a recipe made of them."""
    register.generator(
        "cyclegan", "zoo_cyclegan.networks:TwoWayResNet", "Two residual networks, one for each way between two classes."
    )
    register.discriminator(
        "cyclegan", "zoo_cyclegan.networks:TwoPatchGANs", "Two patch discriminators, one for each of two classes."
    )
    register.loss(
        "cyclegan", "zoo_cyclegan.loss:CycleConsistency", "Least-squares game in two domains, there and back again."
    )
    register.recipe(
        "cyclegan", "zoo_cyclegan.plugin:RECIPE", "CycleGAN: translation between two folders of images, unpaired."
    )
