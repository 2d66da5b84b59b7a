"""Registers the components of DCGAN."""

from zoo_core import Recipe, Register, hookimpl

RECIPE = Recipe("dcgan:dcgan", "dcgan:dcgan", "dcgan:dcgan", options={"train": {"steps": 600}})


@hookimpl
def register_components(register: Register) -> None:
    """Registers a generator, a discriminator, a loss and the recipe that combines them."""
    register.generator(
        "dcgan", "zoo_dcgan.gan:DCGANGenerator", "Transposed convolutions that turn noise into an image."
    )
    register.discriminator(
        "dcgan", "zoo_dcgan.gan:DCGANDiscriminator", "Strided convolutions that reduce an image to one logit."
    )
    register.loss("dcgan", "zoo_dcgan.gan:NonSaturatingLoss", "Non-saturating GAN loss (Goodfellow et al. 2014).")
    register.recipe("dcgan", "zoo_dcgan.plugin:RECIPE", "DCGAN: generates images from noise with convolutions.")
