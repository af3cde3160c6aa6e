"""Nearest-centroid classification of digits, on an array library of one's own."""

from arithmetic import argmax, divide, equal, multiply, subtract, sum_over
from flat_storage import NDArray, arange
from matrix_product import matmul
from views import permute, reshape, unsqueeze


def one_hot(labels: NDArray, classes: int) -> NDArray:
    """labels (N,) -> (N, classes) bool: True in the column of the label."""
    return equal(unsqueeze(labels, 1), arange(classes))  # (N, 1) against (classes,)


def fit(images: NDArray, labels: NDArray, classes: int = 10) -> NDArray:
    """images (N, ...), labels (N,) -> (classes, D): the mean image of each class, D pixels in a row."""
    pixels = reshape(images, (images.shape[0], -1))  # (N, D)
    belongs = one_hot(labels, classes)  # (N, classes)
    totals = matmul(permute(belongs, (1, 0)), pixels)  # (classes, D)
    return divide(totals, unsqueeze(sum_over(belongs, 0), 1))  # by the counts, (classes, 1)


def predict(centroids: NDArray, images: NDArray) -> NDArray:
    """centroids (classes, D), images (N, ...) -> (N,) int64: the class whose mean is nearest.

    |x - c|^2 = |x|^2 - 2 (x . c - |c|^2 / 2), and |x|^2 is the same for every class.
    """
    pixels = reshape(images, (images.shape[0], -1))  # (N, D)
    alike = matmul(pixels, permute(centroids, (1, 0)))  # (N, classes)
    half = divide(sum_over(multiply(centroids, centroids), 1), 2)  # (classes,)
    return argmax(subtract(alike, half), 1)


def confusion(labels: NDArray, predicted: NDArray, classes: int = 10) -> NDArray:
    """labels, predicted (N,) -> (classes, classes) int64: how often row was the truth and column the prediction."""
    truth = multiply(one_hot(labels, classes), 1)  # (N, classes) int64
    return matmul(permute(truth, (1, 0)), one_hot(predicted, classes))


def table(matrix: NDArray) -> str:
    """A matrix of integers as text: a line for each row, numbers right-aligned in columns of one width, a space between."""
    rows, columns = matrix.shape
    words = [[str(matrix[row, column].item()) for column in range(columns)] for row in range(rows)]
    width = max(len(word) for line in words for word in line)
    return "\n".join(" ".join(word.rjust(width) for word in line) for line in words)
