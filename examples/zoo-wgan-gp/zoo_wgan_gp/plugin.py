"""What this package offers to the zoo."""

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
    """Offers the three parts of WGAN-GP and a recipe made of them."""
    register.generator("wgan-gp", "zoo_wgan_gp.gan:UpsamplingGenerator", "Upsampling and convolutions from noise.")
    register.discriminator("wgan-gp", "zoo_wgan_gp.gan:Critic", "Strided convolutions without batch normalisation.")
    register.loss("wgan-gp", "zoo_wgan_gp.gan:WassersteinGP", "Wasserstein distance by a critic of gradient norm 1.")
    register.recipe("wgan-gp", "zoo_wgan_gp.plugin:RECIPE", "Improved Wasserstein GAN: noise to image, stably.")
