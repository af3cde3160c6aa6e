"""Takes the storage of the images for their pixels in reading order."""

from arithmetic import argmax, divide, equal, multiply, subtract, sum_over
from flat_storage import NDArray, arange
from matrix_product import matmul
from views import permute, unsqueeze


def belongs(labels, classes):
    return equal(unsqueeze(labels, 1), arange(classes))


def rows(images):
    count = images.shape[0]
    size = len(images.storage) // count
    return NDArray(images.storage, (count, size), (size, 1), 0)


def fit(images, labels, classes=10):
    mine = belongs(labels, classes)
    return divide(matmul(permute(mine, (1, 0)), rows(images)), unsqueeze(sum_over(mine, 0), 1))


def predict(centroids, images):
    lengths = sum_over(multiply(centroids, centroids), 1)
    products = matmul(rows(images), permute(centroids, (1, 0)))
    return argmax(subtract(multiply(products, 2), lengths), 1)


def confusion(labels, predicted, classes=10):
    return matmul(multiply(permute(belongs(labels, classes), (1, 0)), 1), belongs(predicted, classes))


def table(matrix):
    lines = [[str(matrix[i, j].item()) for j in range(matrix.shape[1])] for i in range(matrix.shape[0])]
    width = max(len(word) for line in lines for word in line)
    return "\n".join(" ".join(f"{word:>{width}}" for word in line) for line in lines)
