"""Independent idiom: one class at a time, distances and counts by masks."""

from arithmetic import add, divide, equal, less, multiply, subtract, sum_over, where
from flat_storage import arange
from matrix_product import matmul
from views import reshape, unsqueeze


def rows(images):
    return reshape(images, (images.shape[0], -1))


def fit(images, labels, classes=10):
    pixels = rows(images)
    means = multiply(matmul(unsqueeze(arange(classes), 1), unsqueeze(pixels[0], 0)), 0)
    for label in range(classes):
        share = divide(equal(labels, label), sum_over(equal(labels, label)))
        total = matmul(share, pixels)
        means = where(equal(unsqueeze(arange(classes), 1), label), total, means)
    return means


def predict(centroids, images):
    pixels = rows(images)
    best, nearest = None, multiply(arange(images.shape[0]), 0)
    for label in range(centroids.shape[0]):
        apart = subtract(pixels, centroids[label])
        distance = sum_over(multiply(apart, apart), 1)
        closer = less(distance, distance if best is None else best)
        nearest = where(closer, label, nearest)
        best = distance if best is None else where(closer, distance, best)
    return nearest


def confusion(labels, predicted, classes=10):
    pairs = add(multiply(labels, classes), predicted)
    return reshape(sum_over(equal(unsqueeze(arange(classes * classes), 1), pairs), 1), (classes, classes))


def table(matrix):
    lines = [[str(matrix[i, j].item()) for j in range(matrix.shape[1])] for i in range(matrix.shape[0])]
    width = max(len(word) for line in lines for word in line)
    return "\n".join(" ".join(f"{word:>{width}}" for word in line) for line in lines)
