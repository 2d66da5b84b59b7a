"""What this package offers to the zoo."""

from zoo_core import Recipe, Register, hookimpl

RECIPE = Recipe(
    "acgan:acgan",
    "ccgan:dual-head-patchgan",
    "acgan:acgan",
    options={
        "generator": {"width": 16},
        "discriminator": {"width": 16},
        # With 100 labels the class head would otherwise learn its classes from made images, and drift with them.
        "loss": {"w_aux_fake": 0.2},
        "train": {"steps": 600, "lr": 5e-4},
    },
)


@hookimpl
def register_components(register: Register) -> None:
    """Offers the generator and the loss of AC-GAN, and a recipe that lets them play against CC-GAN's critic."""
    register.generator("acgan", "zoo_acgan.gan:ClassToImage", "Noise and a class to an image of that class.")
    register.loss("acgan", "zoo_acgan.gan:AuxiliaryClassifier", "Real or made, and of which class, told of both.")
    register.recipe("acgan", "zoo_acgan.plugin:RECIPE", "Auxiliary classifier GAN: images of a class you ask for.")
