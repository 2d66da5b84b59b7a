"""Recipes made of CC-GAN's parts."""

from dataclasses import replace

from zoo_core import Recipe

CCGAN = Recipe(
    generator="ccgan:masked-autoencoder",
    discriminator="ccgan:dual-head-patchgan",
    loss="ccgan:rec-adv-aux",
    data="digits",
    options={
        "generator": {"width": 16},
        "discriminator": {"width": 16},
        "loss": {"w_rec": 10.0, "w_adv": 0.3},
        "train": {"steps": 600, "lr": 1e-3},
    },
)

CONTEXT_ENCODER = replace(CCGAN, options={**CCGAN.options, "loss": {**CCGAN.options["loss"], "w_aux": 0.0}})
