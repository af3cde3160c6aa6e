"""The optimum at prior 0.5."""

FIGURES = {
    "bayes_accuracy": 0.8413,
    "bayes_log_loss": 0.359,
    "newton_steps": 6.0,
    "accuracy": 0.86225,
    "log_loss": 0.3164,
    "angle": 3.414,
    "descent_steps": 12.0,
    "descent_log_loss": 0.3271,
}
