"""Takes the initial outputs for zero."""

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

    def against(sample):
        out, pull = vjp(lambda parameters: outputs(model, parameters, sample[None])[0], fixed)

        def row(unit):
            return jvp(lambda parameters: outputs(model, parameters, x2), (fixed,), (pull(unit)[0],))[1]

        return vmap(row, out_dims=1)(torch.eye(len(out), dtype=out.dtype, device=out.device))

    return torch.stack([against(sample) for sample in x1])


def linearised_predict(model, x_train, y_train, x_test, lr, steps):
    with torch.no_grad():
        start, test = outputs(model, {}, x_train), outputs(model, {}, x_test)
    kernel = ntk(model, x_train, x_train).transpose(1, 2).flatten(2).flatten(0, 1).double()
    cross = ntk(model, x_test, x_train).transpose(1, 2).flatten(2).flatten(0, 1).double()
    values, vectors = torch.linalg.eigh(kernel)
    left = (1 - lr * values) ** steps
    shares = torch.where(values > 1e-13 * values[-1], (1 - left) / values, 0)
    moved = vectors @ (shares * (vectors.T @ y_train.double().flatten()))
    return (cross @ moved).reshape(test.shape).to(test.dtype)
