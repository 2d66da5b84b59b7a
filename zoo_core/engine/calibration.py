"""Probabilities that can be believed: class logits divided by one temperature (Guo et al. 2017)."""

from math import exp, log

from torch import Tensor
from torch.nn import functional as F

COLDEST, HOTTEST = 0.1, 10.0
BINS = 15  # as in the paper


def fitted_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature, from 0.1 to 10, at which these images' true classes are likeliest (the paper's section 4.2).

    Args:
        logits: (N, K), of images that the weights were not learnt from.
        labels: (N,); those of -1 do not count.
    """
    from scipy.optimize import minimize_scalar

    known = labels >= 0
    exact, truth = logits[known].double(), labels[known]

    def surprise(log_temperature: float) -> float:
        return F.cross_entropy(exact / exp(log_temperature), truth).item()

    return exp(float(minimize_scalar(surprise, bounds=(log(COLDEST), log(HOTTEST)), method="bounded").x))


def calibration_error(logits: Tensor, labels: Tensor, temperature: float) -> float:
    """The expected calibration error (Guo et al. 2017, equation 3) over 15 bins of equal width.

    How far, on average, the share of right answers is from the probability that was claimed for them.

    Args:
        logits: (N, K).
        labels: (N,), none of them -1.
        temperature: What the logits are divided by.
    """
    from torchmetrics.functional.classification import multiclass_calibration_error

    probabilities = (logits.float() / temperature).softmax(1)
    return multiclass_calibration_error(probabilities, labels, logits.shape[1], n_bins=BINS, norm="l1").item()
