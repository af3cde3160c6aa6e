"""Reflections instead of projections: Householder's method; least squares in float64."""

import torch


def project(x, v):
    square = v @ v
    return (x @ v / torch.where(square == 0, 1, square)).unsqueeze(-1) * v


def reflect(x, v):
    return x - 2 * project(x, v)


def orthonormalise(a):
    rows, columns = a.shape
    r, q = a.clone(), torch.eye(rows, dtype=a.dtype)
    for k in range(columns):
        v = r[k:, k].clone()
        v[0] += torch.copysign(v.norm(), v[0])
        r[k:] = reflect(r[k:].T, v).T
        q[:, k:] = reflect(q[:, k:], v)
    sign = torch.where(r.diagonal() < 0, -1, 1)
    return q[:, :columns] * sign


def least_squares(a, b):
    scale = a.norm(dim=0)
    wide = (a / scale).double()
    w = torch.linalg.solve(wide.T @ wide, wide.T @ b.double())
    return (w / scale.double().unsqueeze(1)).to(a.dtype)


def rank_one_inverse(a_inv, u, v):
    left, right = a_inv @ u, v @ a_inv
    growth = 1 + right @ u
    if abs(growth) < 1e-5:
        raise ValueError("A + u v^T is singular")
    return a_inv - torch.outer(left, right) / growth
