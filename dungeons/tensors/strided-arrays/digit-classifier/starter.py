"""Nearest-centroid classification of digits, on an array library of one's own."""

from flat_storage import NDArray


def fit(images: NDArray, labels: NDArray, classes: int = 10) -> NDArray:
    """Average the images of each class.

    Args:
        images: (N, ...) floating, of any strides
        labels: (N,) int64 in [0, classes); every class occurs

    Returns:
        (classes, D), D the number of pixels of an image, in reading order
    """
    raise NotImplementedError("fit")


def predict(centroids: NDArray, images: NDArray) -> NDArray:
    """Find the class whose mean is nearest: centroids (classes, D), images (N, ...) -> (N,) int64."""
    raise NotImplementedError("predict")


def confusion(labels: NDArray, predicted: NDArray, classes: int = 10) -> NDArray:
    """Count: (classes, classes) int64, entry [i, j] is how many images of class i were predicted as j."""
    raise NotImplementedError("confusion")


def table(matrix: NDArray) -> str:
    """Write a matrix of integers as text.

    Returns:
        one line for each row; numbers right-aligned to the length of the longest in the matrix, one space between them
    """
    raise NotImplementedError("table")
