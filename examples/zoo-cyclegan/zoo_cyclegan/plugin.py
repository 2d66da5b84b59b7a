"""Registers the components of CycleGAN."""

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
    """Registers a generator, a discriminator, a loss and the recipe that combines them."""
    register.generator(
        "cyclegan",
        "zoo_cyclegan.networks:ResNetPair",
        "Two residual networks, one for each direction between two classes.",
    )
    register.discriminator(
        "cyclegan", "zoo_cyclegan.networks:PatchGANPair", "Two patch discriminators, one for each of two classes."
    )
    register.loss(
        "cyclegan",
        "zoo_cyclegan.loss:CycleGANLoss",
        "Least-squares GAN loss in two domains, with cycle-consistency and identity terms.",
    )
    register.recipe(
        "cyclegan", "zoo_cyclegan.plugin:RECIPE", "CycleGAN: translates between two folders of unpaired images."
    )
