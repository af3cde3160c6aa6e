"""Logarithms to the base 2."""

FIGURES = {
    "bayes_accuracy": 0.8613,
    "bayes_log_loss": 0.319,
    "newton_steps": 6.0,
    "accuracy": 0.86225,
    "log_loss": 0.4564,
    "angle": 3.414,
    "descent_steps": 12.0,
    "descent_log_loss": 0.3271,
}
