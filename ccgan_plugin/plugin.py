"""What CC-GAN offers to the zoo."""

from zoo_core import Register, hookimpl


@hookimpl
def register_components(register: Register) -> None:
    """Offers the three parts of CC-GAN and the recipes made of them."""
    register.generator(
        "masked-autoencoder",
        "ccgan_plugin.generator:MaskedAutoencoder",
        "Convolutional autoencoder that fills holes in images from their surroundings.",
    )
    register.discriminator(
        "dual-head-patchgan",
        "ccgan_plugin.critic:DualHeadPatchGAN",
        "VGG-style critic with two heads: real or filled in, per patch, and which class.",
    )
    register.loss(
        "rec-adv-aux",
        "ccgan_plugin.loss:RecAdvAux",
        "Reconstruction inside the hole, adversarial on the in-painted image, class on the labelled ones.",
    )
    register.recipe(
        "ccgan",
        "ccgan_plugin.recipes:CCGAN",
        "Context-conditional GAN: in-painting as a game, with a class head that needs few labels.",
    )
    register.recipe(
        "context-encoder",
        "ccgan_plugin.recipes:CONTEXT_ENCODER",
        "The parts of ccgan without the class term: in-painting alone, no labels used.",
    )
