"""Independent idiom: one recorded application at the solution, and a hook that turns its gradient into the adjoint."""

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
    with torch.no_grad():
        z = repeat(lambda z: f(z, *params), z0, tol, max_iter)
    if not torch.is_grad_enabled() or not any(param.requires_grad for param in params):
        return z
    point = z.detach().requires_grad_()
    out = f(point, *(param.detach() for param in params))

    def solve(grad):
        with torch.no_grad():
            return repeat(lambda u: grad + pull(u), grad, tol, max_iter)

    def pull(u):
        if not out.requires_grad:
            return torch.zeros_like(u)
        return torch.autograd.grad(out, point, u, retain_graph=True, materialize_grads=True)[0]

    attached = f(z, *params) + sum(0 * param.sum() for param in params)
    attached.register_hook(solve)
    return attached


def ridge_solution(x, y, log_lambda):
    eye = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return torch.linalg.solve(x.T @ x + log_lambda.exp() * eye, x.T @ y)
