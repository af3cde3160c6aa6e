"""Independent idiom: the vector products as a Hessian-free loop over x2, transposed at the end."""

import torch
from torch.func import functional_call, jvp, vjp, vmap


def trained(model):
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}


def outputs(model, parameters, x):
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    return functional_call(model, {**parameters, **buffers}, (x,))


def jacobian(model, x):
    def of_one(sample):
        out, pull = vjp(lambda parameters: outputs(model, parameters, sample[None])[0], trained(model))
        return vmap(pull)(torch.eye(len(out), dtype=out.dtype, device=out.device))[0]

    parts = vmap(of_one)(x)
    return torch.cat([part.flatten(2) for part in parts.values()], dim=2)


def ntk(model, x1, x2):
    return torch.einsum("nip,mjp->nmij", jacobian(model, x1), jacobian(model, x2))


def ntk_vector_products(model, x1, x2):
    fixed = trained(model)
    columns = []
    for sample in x2.unbind(0):
        out, pull = vjp(lambda parameters, sample=sample: outputs(model, parameters, sample.unsqueeze(0))[0], fixed)
        pieces = []
        for unit in torch.eye(out.numel(), dtype=out.dtype, device=out.device):
            _, moved = jvp(lambda parameters: outputs(model, parameters, x1), (fixed,), (pull(unit)[0],))
            pieces.append(moved)  # (N, i) for this j
        columns.append(torch.stack(pieces, dim=-1))
    return torch.stack(columns, dim=1)


def linearised_predict(model, x_train, y_train, x_test, lr, steps):
    with torch.no_grad():
        start, test = outputs(model, {}, x_train), outputs(model, {}, x_test)
    kernel = ntk(model, x_train, x_train).transpose(1, 2).flatten(2).flatten(0, 1).double()
    cross = ntk(model, x_test, x_train).transpose(1, 2).flatten(2).flatten(0, 1).double()
    values, vectors = torch.linalg.eigh(kernel)
    left = (1 - lr * values) ** steps
    shares = torch.where(values > 1e-12 * values.max(), (1 - left) / values.clamp(min=1e-300), 0)
    moved = vectors @ (shares * (vectors.T @ (y_train - start).double().flatten()))
    return (test + (cross @ moved).reshape(test.shape)).to(test.dtype)
