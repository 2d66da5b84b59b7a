"""Metrics of predicted classes, and the calibration of their probabilities (Guo et al. 2017, arXiv 1706.04599)."""

from math import exp, log
from typing import Any, Literal

from torch import Tensor
from torch.nn import functional as F

Temperature = float | Literal["fitted"]

TEMPERATURE_RANGE = (0.1, 10.0)
CALIBRATION_BINS = 15  # as in the paper


def measure_classification(logits: Tensor, labels: Tensor, temperature: Temperature = 1.0) -> dict[str, Any]:
    """Compares class logits with true labels; images without a label (-1) are ignored.

    Args:
        logits: (N, K), on the CPU.
        labels: (N,), on the CPU.
        temperature: Divides the logits before they are converted to probabilities. "fitted" finds the best temperature
            for these images, which is right for validation images only.

    Returns:
        Nothing if no image has a label, else "accuracy", "accuracy_interval" (low and high end of Wilson's 95 %
        interval), "balanced_accuracy" (mean recall of the classes that occur), "calibration_error" (see
        `compute_calibration_error`), "temperature", and "confusion" (a row for each true class, a column for each
        predicted class).
    """
    from scipy.stats import binomtest
    from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

    known = labels >= 0
    if not known.any():
        return {}
    logits, labels = logits[known], labels[known]
    if temperature == "fitted":
        temperature = fit_temperature(logits, labels)
    true, predicted = labels.numpy(), logits.argmax(1).numpy()
    interval = binomtest(int((true == predicted).sum()), len(true)).proportion_ci(0.95, method="wilson")
    return {
        "accuracy": float(accuracy_score(true, predicted)),
        "accuracy_interval": [float(interval.low), float(interval.high)],
        "balanced_accuracy": float(recall_score(true, predicted, labels=sorted(set(true)), average="macro")),
        "calibration_error": compute_calibration_error(logits, labels, temperature),
        "temperature": temperature,
        "confusion": confusion_matrix(true, predicted, labels=range(logits.shape[1])).tolist(),
    }


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature from 0.1 to 10 that minimises the negative log-likelihood of the true classes (section 4.2).

    Args:
        logits: (N, K), of images that were not used for training.
        labels: (N,); images with -1 are ignored.
    """
    from scipy.optimize import minimize_scalar

    known = labels >= 0
    exact, true = logits[known].double(), labels[known]

    def compute_negative_log_likelihood(log_temperature: float) -> float:
        return F.cross_entropy(exact / exp(log_temperature), true).item()

    low, high = map(log, TEMPERATURE_RANGE)
    fitted = minimize_scalar(compute_negative_log_likelihood, bounds=(low, high), method="bounded")
    return exp(float(fitted.x))


def compute_calibration_error(logits: Tensor, labels: Tensor, temperature: float) -> float:
    """The expected calibration error (equation 3) over 15 bins of equal width.

    This is the mean difference between the accuracy in a bin and the probability that was predicted there.

    Args:
        logits: (N, K).
        labels: (N,), none of them -1.
        temperature: Divides the logits.
    """
    from torchmetrics.functional.classification import multiclass_calibration_error

    probabilities = (logits.float() / temperature).softmax(1)
    error = multiclass_calibration_error(probabilities, labels, logits.shape[1], n_bins=CALIBRATION_BINS, norm="l1")
    return error.item()
