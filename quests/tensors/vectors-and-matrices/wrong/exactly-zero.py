"""Compares with exactly zero."""

import torch


def project(x, v):
    square = v @ v
    return (x @ v / torch.where(square == 0, 1, square)).unsqueeze(-1) * v


def reflect(x, v):
    return x - 2 * project(x, v)


def orthonormalise(a):
    basis = []
    for column in a.unbind(1):
        rest = column / column.norm()
        for _ in range(2):
            for q in basis:
                rest = rest - (q @ rest) * q
            rest = rest / rest.norm()
        basis.append(rest)
    return torch.stack(basis, 1)


def least_squares(a, b):
    q = orthonormalise(a)
    return torch.linalg.solve_triangular((q.T @ a).triu(), q.T @ b, upper=True)


def rank_one_inverse(a_inv, u, v):
    left, right = a_inv @ u, v @ a_inv
    growth = 1 + right @ u
    if growth == 0:
        raise ValueError("A + u v^T is singular")
    return a_inv - torch.outer(left, right) / growth
