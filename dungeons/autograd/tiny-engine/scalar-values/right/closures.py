"""Each operation leaves a closure that knows how to send its gradient back; values are ordered by their birth."""

import itertools
import math

births = itertools.count()


class Value:
    """A number, its gradient, and the closure that passes a gradient on."""

    def __init__(self, data, inputs=(), back=None):
        self.data, self.grad = data, 0.0
        self.inputs, self.back, self.born = inputs, back, next(births)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), lambda g: (g, g))

    def __sub__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data - other.data, (self, other), lambda g: (g, -g))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data))

    def __truediv__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        quotient = self.data / other.data
        return Value(quotient, (self, other), lambda g: (g / other.data, -g * quotient / other.data))

    def __pow__(self, k):
        return Value(self.data**k, (self,), lambda g: (g * k * self.data ** (k - 1) if k != 0 else 0.0,))

    def __neg__(self):
        return Value(-self.data, (self,), lambda g: (-g,))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return Value(other) - self

    def __rtruediv__(self, other):
        return Value(other) / self

    def exp(self):
        return Value(math.exp(self.data), (self,), lambda g: (g * math.exp(self.data),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), lambda g: (g * (1 - t**2),))

    def relu(self):
        return Value(self.data if self.data > 0 else 0.0, (self,), lambda g: (g if self.data > 0 else 0.0,))

    def behind(self):
        """Every value behind, the youngest first: inputs are older than what is computed from them."""
        seen, waiting = {self}, [self]
        while waiting:
            for each in waiting.pop().inputs:
                if each not in seen:
                    seen.add(each)
                    waiting.append(each)
        return sorted(seen, key=lambda value: -value.born)

    def backward(self):
        order = self.behind()
        passing = dict.fromkeys(order, 0.0)
        passing[self] = 1.0
        for value in order:
            if value.inputs:
                for each, gradient in zip(value.inputs, value.back(passing[value]), strict=True):
                    passing[each] += gradient
        for value, gradient in passing.items():
            value.grad += gradient

    def zero_grad(self):
        for value in self.behind():
            value.grad = 0.0
