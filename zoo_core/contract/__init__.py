"""What a GAN is here: interfaces, capabilities, recipes, settings, hooks."""
