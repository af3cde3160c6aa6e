"""The empirical neural tangent kernel, with and without full Jacobians, and the training that it predicts.

Jacot et al., Neural Tangent Kernel, arXiv 1806.07572; the closed form of linearised descent is that of Lee et al., arXiv 1902.06720.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, jvp, vjp, vmap

Named = dict[str, Tensor]


def ntk(model: nn.Module, x1: Tensor, x2: Tensor) -> Tensor:
    """x1 (N, ...), x2 (M, ...) -> (N, M, C, C): entry [n, m, i, j] is (d f_i(x1_n)) . (d f_j(x2_m))."""
    return torch.einsum("nip,mjp->nmij", jacobian(model, x1), jacobian(model, x2))


def ntk_vector_products(model: nn.Module, x1: Tensor, x2: Tensor) -> Tensor:
    """The same; at any time the derivatives of one sample's outputs exist, not those of all."""
    parameters = trained(model)

    def of_all(values: Named) -> Tensor:  # (M, C)
        return outputs(model, values, x2)

    rows = []
    for sample in x1:
        out, pull = vjp(lambda values, sample=sample: outputs(model, values, sample.unsqueeze(0))[0], parameters)
        units = torch.eye(len(out), dtype=out.dtype, device=out.device)  # (C, C), a row for each output i
        (directions,) = vmap(pull)(units)  # {name: (C, *shape)}: J^T e_i
        moved = vmap(lambda direction: jvp(of_all, (parameters,), (direction,))[1])(directions)  # (C, M, C)
        rows.append(moved.movedim(0, 1))  # (M, i, j)
    return torch.stack(rows)


def linearised_predict(
    model: nn.Module, x_train: Tensor, y_train: Tensor, x_test: Tensor, lr: float, steps: int
) -> Tensor:
    """Outputs (M, C) on x_test after gradient descent on the first-order Taylor model, loss 1/2 of the sum of squares.

    The residual r obeys r_t = (I - lr K)^t r_0, so the parameters have moved along J^T by sum_s lr r_s, a geometric series.
    """
    fixed = trained(model)
    with torch.no_grad():
        start, test = outputs(model, fixed, x_train), outputs(model, fixed, x_test)  # (N, C), (M, C)
    kernel = flat(ntk(model, x_train, x_train)).double()  # (N C, N C)
    cross = flat(ntk(model, x_test, x_train)).double()  # (M C, N C)
    residual = (y_train - start).double().flatten()  # (N C,)
    values, vectors = torch.linalg.eigh(kernel)
    moved = vectors @ (series(values, lr, steps) * (vectors.T @ residual))  # sum of lr r_s
    return test + (cross @ moved).view_as(test).to(test.dtype)


def series(values: Tensor, lr: float, steps: int) -> Tensor:
    """lr sum_{s < steps} (1 - lr value)^s for every eigenvalue, (n,) float64."""
    seen = values > values.abs().max() * len(values) * torch.finfo(values.dtype).eps
    safe = torch.where(seen, values, 1.0)
    # an eigenvalue of zero is a direction that no parameter moves: it contributes nothing to any prediction
    return torch.where(seen, (1 - (1 - lr * safe) ** steps) / safe, 0.0)


def flat(kernel: Tensor) -> Tensor:
    """(N, M, C, C) -> (N C, M C), with the outputs of a sample side by side."""
    n, m, c, _ = kernel.shape
    return kernel.permute(0, 2, 1, 3).reshape(n * c, m * c)


def jacobian(model: nn.Module, x: Tensor) -> Tensor:
    """(N, C, P): the derivatives of every output of each sample by all P trained numbers."""
    parameters = trained(model)

    def of_one(values: Named, sample: Tensor) -> Tensor:  # (C,)
        return outputs(model, values, sample.unsqueeze(0))[0]

    parts = vmap(jacrev(of_one), in_dims=(None, 0))(parameters, x)  # {name: (N, C, *shape)}
    return torch.cat([part.flatten(2) for part in parts.values()], dim=2)


def outputs(model: nn.Module, parameters: Named, x: Tensor) -> Tensor:
    """model(x) with these parameters; buffers go in as copies."""
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    output: Tensor = functional_call(model, parameters | buffers, (x,))
    return output


def trained(model: nn.Module) -> Named:
    """Parameters that want a gradient, cut from any graph."""
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}
