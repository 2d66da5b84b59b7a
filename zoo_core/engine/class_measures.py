"""How well classes are told."""

from typing import Any, Literal

from torch import Tensor

from zoo_core.engine.calibration import calibration_error, fitted_temperature

Temperature = float | Literal["fitted"]


def class_measures(logits: Tensor, labels: Tensor, temperature: Temperature = 1.0) -> dict[str, Any]:
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
        temperature = fitted_temperature(logits, labels)
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
