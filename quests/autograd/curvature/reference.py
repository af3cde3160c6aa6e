"""Curvature without the Hessian: products with it, and what Lanczos and Hutchinson read from products alone.

The product is Pearlmutter's (1994): differentiate the gradient's scalar product with v. Lanczos with full reorthogonalisation
follows Golub and Van Loan, Matrix Computations.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.func import functional_call, jvp, vjp

Loss = Callable[[Tensor, Tensor], Tensor]
MatVec = Callable[[Tensor], Tensor]
Named = dict[str, Tensor]
BREAKDOWN = 1e-10  # a new direction shorter than this, relative to the matrix, is rounding


def hvp(model: nn.Module, loss_fn: Loss, batch: tuple[Tensor, Tensor], vector: Named) -> Named:
    """H v for the Hessian H of the loss: {name: tensor like the parameter} -> the same names and shapes."""
    x, y = batch
    with torch.enable_grad():
        parameters = {name: value.requires_grad_() for name, value in trained(model).items()}
        slopes = gradients(loss_fn(output_of(model, parameters, x), y), parameters.values(), create_graph=True)
        # g . v is a number whose gradient is H v, since v does not depend on the parameters
        along = sum((slope * vector[name]).sum() for name, slope in zip(parameters, slopes, strict=True))
        products = gradients(along, parameters.values(), create_graph=False)
    return dict(zip(parameters, products, strict=True))


def ggn_vp(model: nn.Module, loss_fn: Loss, batch: tuple[Tensor, Tensor], vector: Named) -> Named:
    """J^T H_out J v, right to left: J is that of the outputs in the parameters, H_out the loss's Hessian in the outputs."""
    x, y = batch
    parameters = trained(model)

    def outputs(values: Named) -> Tensor:
        return output_of(model, values, x)

    out, moved = jvp(outputs, (parameters,), ({name: vector[name] for name in parameters},))  # both (B, C): f, J v
    with torch.enable_grad():
        leaf = out.detach().requires_grad_()
        (slope,) = gradients(loss_fn(leaf, y), [leaf], create_graph=True)
        (bent,) = gradients((slope * moved).sum(), [leaf], create_graph=False)  # H_out J v, (B, C)
    _, pull = vjp(outputs, parameters)
    product: Named = pull(bent)[0]
    return product


def lanczos(matvec: MatVec, dim: int, steps: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eigenvalue estimates (k,) ascending and their weights (k,), float64, k <= min(steps, dim), from k products."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(dim, generator=generator, dtype=torch.float64)
    basis = (start / torch.linalg.vector_norm(start)).unsqueeze(0)  # (k, dim), orthonormal rows
    diagonal: list[Tensor] = []
    beside: list[Tensor] = []
    size = 0.0  # how large the matrix is, seen so far
    for k in range(min(steps, dim)):
        product = matvec(basis[-1])
        diagonal.append(basis[-1] @ product)
        size = max(size, float(torch.linalg.vector_norm(product)))
        for _ in range(2):  # against all earlier directions, twice: once leaves rounding of the size of what it removed
            product = product - basis.T @ (basis @ product)
        length = torch.linalg.vector_norm(product)
        if k + 1 == min(steps, dim) or length <= BREAKDOWN * size:
            break  # enough, or the directions so far are closed under the matrix
        beside.append(length)
        basis = torch.cat([basis, (product / length).unsqueeze(0)])
    small = torch.diag(torch.stack(diagonal))  # (k, k) tridiagonal
    if beside:
        small = small + torch.diag(torch.stack(beside), 1) + torch.diag(torch.stack(beside), -1)
    values, vectors = torch.linalg.eigh(small)
    return values, vectors[0] ** 2


def hessian_trace(matvec: MatVec, dim: int, samples: int, seed: int) -> tuple[float, float]:
    """Hutchinson's estimate of the trace, the mean of v . A v over random signs v, and its standard error; samples >= 2."""
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, (samples, dim), generator=generator, dtype=torch.float64) * 2 - 1
    forms = torch.stack([sign @ matvec(sign) for sign in signs])
    return float(forms.mean()), float(forms.std() / samples**0.5)


def output_of(model: nn.Module, parameters: Named, x: Tensor) -> Tensor:
    """model(x) with the given parameters; its buffers go in as copies, so that forward cannot write into them."""
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    output: Tensor = functional_call(model, parameters | buffers, (x,))
    return output


def trained(model: nn.Module) -> Named:
    """Parameters that want a gradient, cut from any graph."""
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}


def gradients(output: Tensor, leaves: Iterable[Tensor], *, create_graph: bool) -> tuple[Tensor, ...]:
    """Gradients with zeros wherever the output does not depend on a leaf, or on none at all."""
    leaves = list(leaves)
    if not output.requires_grad:
        return tuple(torch.zeros_like(leaf) for leaf in leaves)
    return torch.autograd.grad(output, leaves, create_graph=create_graph, materialize_grads=True)
