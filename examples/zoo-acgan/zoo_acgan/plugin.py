"""Registers the components of AC-GAN."""

from zoo_core import Recipe, Register, hookimpl

RECIPE = Recipe(
    "acgan:acgan",
    "ccgan:dual-head-patchgan",
    "acgan:acgan",
    options={
        "generator": {"width": 16},
        "discriminator": {"width": 16},
        # With a larger weight and only 100 labels, the class head would mainly learn from generated images.
        "loss": {"w_aux_fake": 0.2},
        "train": {"steps": 600, "lr": 5e-4},
    },
)


@hookimpl
def register_components(register: Register) -> None:
    """Registers a generator, a loss, and a recipe that combines them with the critic of CC-GAN."""
    register.generator(
        "acgan", "zoo_acgan.gan:ACGANGenerator", "Transposed convolutions that turn noise and a class into an image."
    )
    register.loss("acgan", "zoo_acgan.gan:ACGANLoss", "Adversarial and class terms on real and generated images.")
    register.recipe(
        "acgan", "zoo_acgan.plugin:RECIPE", "Auxiliary classifier GAN: generates images of a requested class."
    )
