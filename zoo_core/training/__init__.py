"""How a GAN is trained and measured. Works with what it is given; knows no registry and no command line."""
