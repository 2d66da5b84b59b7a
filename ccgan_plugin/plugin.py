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
    register.loss(
        "class-only",
        "ccgan_plugin.labels_only:ClassOnly",
        "Class term on labelled images alone: no game, the generator stays as it was drawn.",
    )
    register.loss(
        "rec-adv-aux-consistency",
        "ccgan_plugin.consistency:RecAdvAuxConsistency",
        "CC-GAN's terms, and a critic that has to give the in-painted image the class of the whole one.",
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
    register.recipe(
        "labels-only",
        "ccgan_plugin.recipes:LABELS_ONLY",
        "The baseline: ccgan's critic, taught by the labelled images alone.",
    )
    register.recipe(
        "ccgan-modern",
        "ccgan_plugin.recipes:MODERN",
        "CC-GAN that learns pseudo-labels on in-painted images, and features by telling rotations.",
    )
    register.recipe(
        "ccgan-paper",
        "ccgan_plugin.recipes:PAPER",
        "CC-GAN by the settings of the paper's code: no reconstruction, 100,000 steps, fine-tuning.",
    )
    register.recipe(
        "ccgan2-paper",
        "ccgan_plugin.recipes:PAPER2",
        "CC-GAN^2 by the settings of the paper's code: x_I and x_G are both judged, by turns.",
    )
