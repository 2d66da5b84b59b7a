"""Registers the components and recipes of CC-GAN."""

from zoo_core import Register, hookimpl


@hookimpl
def register_components(register: Register) -> None:
    """Registers the components of CC-GAN and the recipes that combine them."""
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
        "Reconstruction term inside holes, adversarial terms on in-painted images, class terms on labelled images.",
    )
    register.loss(
        "class-only",
        "ccgan_plugin.labels_only:ClassOnly",
        "Class term on labelled images only; there are no adversarial terms, and the generator is not trained.",
    )
    register.loss(
        "rec-adv-aux-consistency",
        "ccgan_plugin.consistency:RecAdvAuxConsistency",
        "The terms of CC-GAN, and pseudo-labels that the critic learns on in-painted images.",
    )
    register.recipe(
        "ccgan",
        "ccgan_plugin.recipes:CCGAN",
        "Context-conditional GAN: adversarial in-painting, with a class head that needs few labels.",
    )
    register.recipe(
        "context-encoder",
        "ccgan_plugin.recipes:CONTEXT_ENCODER",
        "The components of ccgan without class terms: in-painting alone, without labels.",
    )
    register.recipe(
        "labels-only",
        "ccgan_plugin.recipes:LABELS_ONLY",
        "The baseline: ccgan's critic, trained on the labelled images alone.",
    )
    register.recipe(
        "ccgan-modern",
        "ccgan_plugin.recipes:CCGAN_MODERN",
        "CC-GAN that learns pseudo-labels on in-painted images, and features by predicting rotations.",
    )
    register.recipe(
        "ccgan-paper",
        "ccgan_plugin.recipes:CCGAN_PAPER",
        "CC-GAN with the settings of the paper's code: no reconstruction, 100,000 steps, fine-tuning.",
    )
    register.recipe(
        "ccgan2-paper",
        "ccgan_plugin.recipes:CCGAN2_PAPER",
        "CC-GAN^2 with the settings of the paper's code: x_I and x_G are judged in alternate steps.",
    )
