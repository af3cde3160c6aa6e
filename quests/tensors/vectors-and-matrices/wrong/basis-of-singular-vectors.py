"""Takes the left singular vectors."""

import torch


def project(x, v):
    square = v @ v
    return (x @ v / torch.where(square == 0, 1, square)).unsqueeze(-1) * v


def reflect(x, v):
    return x - 2 * project(x, v)


def orthonormalise(a):
    return torch.linalg.svd(a, full_matrices=False).U


def least_squares(a, b):
    q = orthonormalise(a)
    return torch.linalg.solve_triangular((q.T @ a).triu(), q.T @ b, upper=True)


def rank_one_inverse(a_inv, u, v):
    left, right = a_inv @ u, v @ a_inv
    growth = 1 + right @ u
    if abs(growth) < 1e-5:
        raise ValueError("A + u v^T is singular")
    return a_inv - torch.outer(left, right) / growth
