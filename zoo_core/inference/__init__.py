"""Uses trained networks: fills holes in images, predicts classes, generates samples and exports models."""
