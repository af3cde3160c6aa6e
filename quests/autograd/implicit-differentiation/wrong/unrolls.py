"""Records every iteration."""

import torch


def repeat(step, z, tol, max_iter):
    for _ in range(max_iter):
        following = step(z)
        residual = (following - z).abs().amax().item() if z.numel() else 0.0
        z = following
        if residual <= tol:
            return z
    raise RuntimeError(f"not converged, the last residual is {residual}")


def fixed_point(f, z0, *params, tol, max_iter):
    z = repeat(lambda z: f(z, *params), z0.detach(), tol, max_iter)
    return z + sum(0 * param.sum() for param in params)


def ridge_solution(x, y, log_lambda):
    eye = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return torch.linalg.solve(x.T @ x + log_lambda.exp() * eye, x.T @ y)
