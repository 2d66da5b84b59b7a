"""Settings: from recipes, TOML files and command-line options to a composition of components."""
