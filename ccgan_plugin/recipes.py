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
        "loss": {},
        "train": {"steps": 400, "lr": 1e-3},
    },
)

CONTEXT_ENCODER = replace(CCGAN, options={**CCGAN.options, "loss": {"w_aux": 0.0}})
