"""What this package offers to the zoo."""

from zoo_core import Recipe, Register, hookimpl

RECIPE = Recipe("dcgan:dcgan", "dcgan:dcgan", "dcgan:dcgan", options={"train": {"steps": 600}})


@hookimpl
def register_components(register: Register) -> None:
    """Offers the three parts of DCGAN and a recipe made of them."""
    register.generator("dcgan", "zoo_dcgan.gan:NoiseToImage", "Transposed convolutions from noise to an image.")
    register.discriminator("dcgan", "zoo_dcgan.gan:ImageToLogit", "Strided convolutions from an image to one logit.")
    register.loss("dcgan", "zoo_dcgan.gan:NonSaturating", "The non-saturating game of the first GANs.")
    register.recipe("dcgan", "zoo_dcgan.plugin:RECIPE", "DCGAN: noise to image with convolutions.")
