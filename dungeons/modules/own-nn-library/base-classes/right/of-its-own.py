"""Without the echo: lists of names, a stack, and a file of names, shapes and raw bytes."""

import json

import torch


class Parameter:
    def __init__(self, data, requires_grad=True):
        self.data = data.detach()
        self.data.requires_grad = requires_grad

    grad = property(lambda self: self.data.grad)


class Module:
    def __init__(self):
        self.__dict__.update(own={}, unsaved=set(), training=True)  # own: name -> (kind, value)

    def __setattr__(self, name, value):
        own = self.__dict__.get("own")
        kind = next((k for k, t in (("parameter", Parameter), ("module", Module)) if isinstance(value, t)), None)
        if kind and own is None:
            raise AttributeError(f"{name}: super().__init__() has to run first")
        if kind:
            self.__dict__.pop(name, None)
            own[name] = (kind, value)
        elif own and name in own:
            own[name] = (own[name][0], value)
        else:
            self.__dict__[name] = value

    def __getattr__(self, name):
        if name in self.__dict__.get("own", {}):
            return self.__dict__["own"][name][1]
        raise AttributeError(f"no attribute {name}")

    def register_buffer(self, name, tensor, persistent=True):
        self.own[name] = ("buffer", tensor)
        if not persistent:
            self.unsaved.add(name)

    def of_kind(self, kind):
        return [(name, value) for name, (its, value) in self.own.items() if its == kind and value is not None]

    def named_modules(self):
        found, stack = {}, [("", self)]
        while stack:
            prefix, part = stack.pop()
            if part not in found:
                found[part] = prefix
                below = [(f"{prefix}.{name}".lstrip("."), child) for name, child in part.of_kind("module")]
                stack += below[::-1]
        return [(name, part) for part, name in found.items()]

    def listed(self, kind):
        found = {}
        for prefix, part in self.named_modules():
            for name, value in part.of_kind(kind):
                found.setdefault(id(value), (f"{prefix}.{name}".lstrip("."), value))
        return list(found.values())

    def named_parameters(self):
        return self.listed("parameter")

    def named_buffers(self):
        return self.listed("buffer")

    def parameters(self):
        return [value for _, value in self.named_parameters()]

    def train(self, mode=True):
        for _, part in self.named_modules():
            part.__dict__["training"] = mode
        return self

    def eval(self):
        return self.train(False)

    def to(self, dtype):
        for each in self.parameters():
            if each.data.is_floating_point():
                wants = each.data.requires_grad
                each.data = each.data.detach().to(dtype)
                each.data.requires_grad = wants
        for _, part in self.named_modules():
            for name, value in part.of_kind("buffer"):
                if value.is_floating_point():
                    part.own[name] = ("buffer", value.to(dtype))
        return self

    def state_dict(self):
        found = {name: value.data.detach() for name, value in self.of_kind("parameter")}
        found |= {name: value for name, value in self.of_kind("buffer") if name not in self.unsaved}
        for name, child in self.of_kind("module"):
            found |= {f"{name}.{key}": value for key, value in child.state_dict().items()}
        return found

    def load_state_dict(self, state, strict=True):
        own = self.state_dict()
        missing, unexpected = [key for key in own if key not in state], [key for key in state if key not in own]
        wrong = [key for key in own if key in state and own[key].shape != state[key].shape]
        if wrong or (strict and missing + unexpected):
            raise RuntimeError(f"missing {missing}, unexpected {unexpected}, of another shape {wrong}")
        for key in own.keys() & state.keys():
            own[key].copy_(state[key])
        return missing, unexpected

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)


class Sequential(Module):
    def __init__(self, *modules):
        super().__init__()
        for index, module in enumerate(modules):
            setattr(self, str(index), module)

    def forward(self, x):
        for name, module in self.of_kind("module"):
            x = module(x) if name.isdecimal() else x
        return x


def count(module):
    return sum(each.data.numel() for each in module.parameters() if each.data.requires_grad)


def to_bytes(module):
    state = module.state_dict()
    head = {name: [str(value.dtype).removeprefix("torch."), list(value.shape)] for name, value in state.items()}
    body = b"".join(bytes(value.contiguous().flatten().view(torch.uint8).tolist()) for value in state.values())
    head = json.dumps(head).encode()
    return len(head).to_bytes(8, "little") + head + body


def from_bytes(module, data):
    start = 8 + int.from_bytes(data[:8], "little")
    state = {}
    for name, (dtype, shape) in json.loads(data[8:start]).items():
        empty = torch.empty(shape, dtype=getattr(torch, dtype))
        size = empty.numel() * empty.element_size()
        raw = torch.tensor(list(data[start : start + size]), dtype=torch.uint8)
        state[name], start = raw.view(empty.dtype).reshape(shape), start + size
    module.load_state_dict(state)
    return module
