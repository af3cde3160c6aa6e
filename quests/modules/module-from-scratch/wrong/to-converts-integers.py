"""to() converts everything."""

import torch


class Parameter:
    def __init__(self, data, requires_grad=True):
        self.data = data.detach()
        self.data.requires_grad = requires_grad

    grad = property(lambda self: self.data.grad)


class Handle:
    def __init__(self, owner, hook):
        self.owner, self.hook = owner, hook

    def remove(self):
        if self in self.owner.hooks:
            self.owner.hooks.remove(self)


class Module:
    def __init__(self):
        self.__dict__.update(own_parameters={}, own_buffers={}, own_modules={}, unsaved=set(), hooks=[], training=True)

    def registry_of(self, name):
        for registry, kind in (("own_parameters", Parameter), ("own_buffers", torch.Tensor), ("own_modules", Module)):
            if name in self.__dict__[registry]:
                return self.__dict__[registry], kind
        return None, None

    def __setattr__(self, name, value):
        if not isinstance(value, (Parameter, Module)):
            registry, kind = self.registry_of(name) if "hooks" in self.__dict__ else (None, None)
            if registry is None:
                self.__dict__[name] = value
            elif value is None or isinstance(value, kind):
                registry[name] = value
            else:
                raise TypeError(f"{name} holds a {kind.__name__}, and {value!r} is none")
            return
        if "hooks" not in self.__dict__:
            raise AttributeError(f"Module.__init__() has to run before {name} can be assigned")
        self.__dict__.pop(name, None)
        self.own_buffers.pop(name, None)
        self.unsaved.discard(name)
        if isinstance(value, Parameter):
            self.own_modules.pop(name, None)
            self.own_parameters[name] = value
        else:
            self.own_parameters.pop(name, None)
            self.own_modules[name] = value

    def __getattr__(self, name):
        for registry in ("own_parameters", "own_buffers", "own_modules"):
            if name in self.__dict__.get(registry, ()):
                return self.__dict__[registry][name]
        raise AttributeError(f"no attribute {name} in {type(self).__name__}")

    def __delattr__(self, name):
        registry, _ = self.registry_of(name)
        if registry is None:
            super().__delattr__(name)
        else:
            del registry[name]
            self.unsaved.discard(name)

    def register_buffer(self, name, tensor, persistent=True):
        self.own_buffers[name] = tensor
        if not persistent:
            self.unsaved.add(name)

    def named_modules(self):
        found, stack = {}, [("", self)]
        while stack:
            name, part = stack.pop()
            if part in found:
                continue
            found[part] = name
            below = [
                (f"{name}.{key}".lstrip("."), child) for key, child in part.own_modules.items() if child is not None
            ]
            stack += reversed(below)
        return [(name, part) for part, name in found.items()]

    def children(self):
        found = []
        for child in self.own_modules.values():
            if child is not None and child not in found:
                found.append(child)
        return found

    def listed(self, registry):
        found = {}
        for prefix, part in self.named_modules():
            for name, value in getattr(part, registry).items():
                if value is not None:
                    found.setdefault(id(value), (f"{prefix}.{name}".lstrip("."), value))
        return list(found.values())

    def named_parameters(self):
        return self.listed("own_parameters")

    def named_buffers(self):
        return self.listed("own_buffers")

    def parameters(self):
        return [value for _, value in self.named_parameters()]

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def apply(self, fn, done=None):
        done = [] if done is None else done
        for child in self.children():
            if child not in done:
                child.apply(fn, done)
        fn(self)
        done.append(self)
        return self

    def to(self, dtype):
        for value in self.parameters():
            if value.data.dtype.is_floating_point:
                wants = value.data.requires_grad
                value.data = value.data.detach().to(dtype)
                value.data.requires_grad = wants
        for _, part in self.named_modules():
            for name, value in part.own_buffers.items():
                if value is not None:
                    part.own_buffers[name] = value.to(dtype)
        return self

    def state_dict(self):
        found = {name: value.data.detach() for name, value in self.own_parameters.items() if value is not None}
        for name, value in self.own_buffers.items():
            if value is not None and name not in self.unsaved:
                found[name] = value
        for name, child in self.own_modules.items():
            if child is not None:
                found.update({f"{name}.{key}": value for key, value in child.state_dict().items()})
        return found

    def load_state_dict(self, state, strict=True):
        own = self.state_dict()
        missing, unexpected = [key for key in own if key not in state], [key for key in state if key not in own]
        wrong = [key for key in own if key in state and own[key].shape != state[key].shape]
        if wrong or (strict and missing + unexpected):
            raise RuntimeError(f"missing: {missing}, unexpected: {unexpected}, of another shape: {wrong}")
        with torch.no_grad():
            for key in own:
                if key in state:
                    own[key].copy_(state[key])
        return missing, unexpected

    def register_forward_hook(self, hook):
        handle = Handle(self, hook)
        self.hooks.append(handle)
        return handle

    def __call__(self, *args, **kwargs):
        output = self.forward(*args, **kwargs)
        for handle in tuple(self.hooks):
            result = handle.hook(self, args, output)
            output = output if result is None else result
        return output


class ModuleList(Module):
    def __init__(self, modules=()):
        super().__init__()
        for index, module in enumerate(modules):
            self.own_modules[str(index)] = module

    def append(self, module):
        self.own_modules[str(len(self))] = module
        return self

    def __len__(self):
        return len(self.own_modules)

    def __iter__(self):
        return iter(list(self.own_modules.values()))

    def __getitem__(self, index):
        return [*self][index]


class Sequential(Module):
    def __init__(self, *modules):
        super().__init__()
        self.own_modules.update((str(index), module) for index, module in enumerate(modules))

    def forward(self, x):
        for module in self.own_modules.values():
            x = module(x)
        return x
