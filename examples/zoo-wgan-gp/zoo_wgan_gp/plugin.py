"""Registers the components of WGAN-GP."""

from zoo_core import Recipe, Register, hookimpl

RECIPE = Recipe(
    "wgan-gp:wgan-gp",
    "wgan-gp:wgan-gp",
    "wgan-gp:wgan-gp",
    options={
        "generator": {"width": 16},
        "discriminator": {"width": 16},
        "train": {"steps": 600, "lr": 1e-3, "beta1": 0.0, "beta2": 0.9},
    },
)


@hookimpl
def register_components(register: Register) -> None:
    """Registers a generator, a critic, a loss and the recipe that combines them."""
    register.generator(
        "wgan-gp", "zoo_wgan_gp.gan:UpsamplingGenerator", "Upsampling and convolutions that turn noise into an image."
    )
    register.discriminator("wgan-gp", "zoo_wgan_gp.gan:Critic", "Strided convolutions without batch normalisation.")
    register.loss("wgan-gp", "zoo_wgan_gp.gan:WGANGPLoss", "Wasserstein loss with a gradient penalty.")
    register.recipe("wgan-gp", "zoo_wgan_gp.plugin:RECIPE", "WGAN-GP: images from noise, with stable training.")
