"""CC-GAN: semi-supervised learning with context-conditional GANs (Denton, Gross, Fergus 2016, arXiv 1611.06430)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
