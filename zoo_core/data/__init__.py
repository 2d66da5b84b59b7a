"""Datasets, label budgets and splits, batch sampling, and decoding of images."""
