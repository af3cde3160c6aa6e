"""The fit on the rows that it was fitted to."""

FIGURES = {
    "bayes_accuracy": 0.8613,
    "bayes_log_loss": 0.319,
    "newton_steps": 6.0,
    "accuracy": 0.871,
    "log_loss": 0.3017,
    "angle": 3.414,
    "descent_steps": 12.0,
    "descent_log_loss": 0.3271,
}
