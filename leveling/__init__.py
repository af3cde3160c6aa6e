"""A game of ranks that takes a person from their first tensor to research-grade PyTorch."""

__version__ = "0.1.0"
