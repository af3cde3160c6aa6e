"""A context manager that watches nothing: what the code costs without a log."""


class OpLog:
    def __init__(self):
        self.calls, self.flops, self.peak_bytes = {}, 0, 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None
