"""Small classes for operations, each with a forward and a backward on whole tensors; summing out by sum_to_size."""

import torch


class Array:
    def __init__(self, data, operation=None, operands=()):
        self.data, self.grad = data, None
        self.operation, self.operands = operation, operands

    @staticmethod
    def apply(operation, *operands):
        values = [each.data if isinstance(each, Array) else each for each in operands]
        return Array(operation.forward(*values), operation, operands)

    def __add__(self, other):
        return Array.apply(Add(), self, other)

    def __radd__(self, other):
        return Array.apply(Add(), other, self)

    def __sub__(self, other):
        return Array.apply(Add(), self, Array.apply(Scale(-1.0), other) if isinstance(other, Array) else -other)

    def __rsub__(self, other):
        return Array.apply(Add(), other, -self)

    def __neg__(self):
        return Array.apply(Scale(-1.0), self)

    def __mul__(self, other):
        return Array.apply(Multiply(), self, other)

    def __rmul__(self, other):
        return Array.apply(Multiply(), other, self)

    def __truediv__(self, other):
        return Array.apply(Divide(), self, other)

    def __rtruediv__(self, other):
        return Array.apply(Divide(), other, self)

    def __matmul__(self, other):
        return Array.apply(Product(), self, other)

    def __rmatmul__(self, other):
        return Array.apply(Product(), other, self)

    def exp(self):
        return Array.apply(Exponential(), self)

    def tanh(self):
        return Array.apply(Tanh(), self)

    def relu(self):
        return Array.apply(Relu(), self)

    def log_softmax(self, dim):
        return Array.apply(LogSoftmax(dim), self)

    def sum(self, dim=None, keepdim=False):
        return Array.apply(Sum(dim, keepdim), self)

    def mean(self, dim=None, keepdim=False):
        count = self.data.numel() if dim is None else self.data.size(dim)
        return Array.apply(Divide(), self.sum(dim, keepdim), torch.tensor(float(count)))

    def reshape(self, *shape):
        return Array.apply(Reshape(shape), self)

    def transpose(self, dim0, dim1):
        return Array.apply(Transpose(dim0, dim1), self)

    def __getitem__(self, index):
        return Array.apply(Index(index), self)

    def consumers(self):
        uses, found = {}, [self]
        while found:
            for each in found.pop().operands:
                if isinstance(each, Array):
                    if each not in uses:
                        uses[each] = 0
                        found.append(each)
                    uses[each] += 1
        return uses

    def backward(self):
        if self.data.numel() != 1:
            raise ValueError("only a single number has a gradient to start from")
        uses = self.consumers()
        ready, waiting = [self], {self: torch.ones_like(self.data)}
        while ready:
            array = ready.pop()
            gradient = waiting.pop(array)
            if array.operation is None:
                array.grad = gradient.clone() if array.grad is None else array.grad + gradient
                continue
            for each, part in zip(array.operands, array.operation.backward(gradient), strict=True):
                if isinstance(each, Array):
                    own = part.sum_to_size(each.data.shape)
                    waiting[each] = torch.add(waiting[each], own) if each in waiting else own
                    uses[each] -= 1
                    if not uses[each]:
                        ready.append(each)


class Add:
    def forward(self, a, b):
        return a + b

    def backward(self, g):
        return g, g


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def forward(self, a):
        return a * self.factor

    def backward(self, g):
        return (g * self.factor,)


class Multiply:
    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, g):
        return g * self.b, g * self.a


class Divide:
    def forward(self, a, b):
        self.b, self.quotient = b, a / b
        return self.quotient

    def backward(self, g):
        return g / self.b, -g * self.quotient / self.b


class Product:
    def forward(self, a, b):
        self.a, self.b = a, b
        return a @ b

    def backward(self, g):
        return g @ self.b.transpose(-1, -2), self.a.transpose(-1, -2) @ g


class Exponential:
    def forward(self, a):
        self.result = torch.exp(a)
        return self.result

    def backward(self, g):
        return (g * self.result,)


class Tanh:
    def forward(self, a):
        self.result = torch.tanh(a)
        return self.result

    def backward(self, g):
        return (g - g * self.result**2,)


class Relu:
    def forward(self, a):
        self.result = a.clamp(min=0)
        return self.result

    def backward(self, g):
        return (torch.where(self.result > 0, g, 0.0),)


class LogSoftmax:
    def __init__(self, dim):
        self.dim = dim

    def forward(self, a):
        self.result = torch.log_softmax(a, self.dim)
        return self.result

    def backward(self, g):
        return (g - self.result.exp() * g.sum(self.dim, keepdim=True),)


class Sum:
    def __init__(self, dim, keepdim):
        self.dim, self.keepdim = dim, keepdim

    def forward(self, a):
        self.shape = a.shape
        return a.sum() if self.dim is None else a.sum(self.dim, keepdim=self.keepdim)

    def backward(self, g):
        if self.dim is not None and not self.keepdim:
            g = g.unsqueeze(self.dim)
        return (g.broadcast_to(self.shape),)


class Reshape:
    def __init__(self, shape):
        self.shape = shape

    def forward(self, a):
        self.before = a.shape
        return a.reshape(self.shape)

    def backward(self, g):
        return (g.reshape(self.before),)


class Transpose:
    def __init__(self, dim0, dim1):
        self.dims = dim0, dim1

    def forward(self, a):
        return a.transpose(*self.dims)

    def backward(self, g):
        return (g.transpose(*self.dims),)


class Index:
    def __init__(self, index):
        self.index = index

    def forward(self, a):
        self.like = a
        return a[self.index]

    def backward(self, g):
        places = torch.arange(self.like.numel()).view(self.like.shape)[self.index]
        flat = torch.zeros(self.like.numel(), dtype=g.dtype)
        return (flat.scatter_add(0, places.reshape(-1), g.reshape(-1)).view(self.like.shape),)
