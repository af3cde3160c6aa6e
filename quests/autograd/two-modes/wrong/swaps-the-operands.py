"""1 / d is computed as d / 1."""

import torch


def parts(other):
    """Value and tangent; None for the tangent of a constant."""
    return (other.value, other.tangent) if isinstance(other, Dual) else (other, None)


class Dual:
    def __init__(self, value, tangent):
        self.value = value
        self.tangent = tangent

    def chain(self, value, slope):
        return Dual(value, slope * self.tangent)

    def __add__(self, other):
        b, db = parts(other)
        value = self.value + b
        return Dual(value, torch.broadcast_to(self.tangent, value.shape) if db is None else self.tangent + db)

    def __sub__(self, other):
        b, db = parts(other)
        value = self.value - b
        return Dual(value, torch.broadcast_to(self.tangent, value.shape) if db is None else self.tangent - db)

    def __mul__(self, other):
        b, db = parts(other)
        tangent = self.tangent * b
        return Dual(self.value * b, tangent if db is None else torch.addcmul(tangent, self.value, db))

    def __truediv__(self, other):
        b, db = parts(other)
        if db is None:
            return Dual(self.value / b, self.tangent / b)
        return Dual(self.value / b, (self.tangent * b - self.value * db) / (b * b))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return self - other

    def __rtruediv__(self, other):
        return self / other

    def __neg__(self):
        return Dual(-self.value, -self.tangent)

    def __pow__(self, n):
        slope = n * self.value ** (n - 1) if n else torch.zeros_like(self.value)
        return self.chain(self.value**n, slope)

    def sin(self):
        return self.chain(self.value.sin(), self.value.cos())

    def exp(self):
        return self.chain(self.value.exp(), self.value.exp())

    def log(self):
        return self.chain(self.value.log(), 1 / self.value)

    def tanh(self):
        return self.chain(self.value.tanh(), 1 - self.value.tanh() ** 2)

    def sum(self, dim):
        return Dual(self.value.sum(dim), self.tangent.sum(dim))

    def __getitem__(self, index):
        return Dual(self.value[index], self.tangent[index])


@torch.no_grad()
def jvp(f, x, v):
    y = f(Dual(x, v))
    if not isinstance(y, Dual):
        y = Dual(y, torch.zeros_like(y))
    return y.value, y.tangent


@torch.enable_grad()
def vjp(f, x, u):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if y.requires_grad:
        y.backward(u)
    return y.detach(), torch.zeros_like(x).detach() if leaf.grad is None else leaf.grad


def jacobian(f, x, out_size):
    if out_size < len(x):
        return torch.stack([vjp(f, x, row)[1] for row in torch.eye(out_size, dtype=x.dtype)])
    found = torch.zeros(out_size, len(x), dtype=x.dtype)
    for column, unit in enumerate(torch.eye(len(x), dtype=x.dtype)):
        found[:, column] = jvp(f, x, unit)[1]
    return found
