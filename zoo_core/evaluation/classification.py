"""How well classes are told."""

from math import exp, log
from typing import Any, Literal

from torch import Tensor
from torch.nn import functional as F

Temperature = float | Literal["fitted"]


def measure_classification(logits: Tensor, labels: Tensor, temperature: Temperature = 1.0) -> dict[str, Any]:
    """Measures class logits (N, K) by true labels (N,); images without a label (-1) do not count.

    Args:
        logits: On the CPU.
        labels: On the CPU.
        temperature: What the logits are divided by before they are read as probabilities; "fitted" finds the best one
            for these very images, which is right for validation images alone.

    Returns:
        Nothing where no image is labelled, else "accuracy", "accuracy_interval" (Wilson's score interval at 95 %, low
        and high), "balanced_accuracy" (mean recall over the classes that occur), "calibration_error" (expected, see
        `calibration`) with the "temperature" it was measured at, and "confusion" (a row for each true class, a column
        for each predicted one).
    """
    from scipy.stats import binomtest
    from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

    known = labels >= 0
    if not known.any():
        return {}
    if temperature == "fitted":
        temperature = fit_temperature(logits, labels)
    truth, told = labels[known].numpy(), logits[known].argmax(1).numpy()
    interval = binomtest(int((truth == told).sum()), len(truth)).proportion_ci(0.95, method="wilson")
    return {
        "accuracy": float(accuracy_score(truth, told)),
        "accuracy_interval": [float(interval.low), float(interval.high)],
        "balanced_accuracy": float(recall_score(truth, told, labels=sorted(set(truth)), average="macro")),
        "calibration_error": calibration_error(logits[known], labels[known], temperature),
        "temperature": temperature,
        "confusion": confusion_matrix(truth, told, labels=range(logits.shape[1])).tolist(),
    }


COLDEST, HOTTEST = 0.1, 10.0
BINS = 15  # as in the paper


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
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
