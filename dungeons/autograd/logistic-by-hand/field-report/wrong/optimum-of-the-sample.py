"""The true weights on the test rows."""

FIGURES = {
    "bayes_accuracy": 0.8622,
    "bayes_log_loss": 0.3164,
    "newton_steps": 6.0,
    "accuracy": 0.86225,
    "log_loss": 0.3164,
    "angle": 3.414,
    "descent_steps": 12.0,
    "descent_log_loss": 0.3271,
}
