"""Measures of a trained GAN: classification, in-painting, calibration, sample grids."""
