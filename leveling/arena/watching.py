"""Watch, while a probe runs, for functions and ops that the quest forbids and the learner's own lines call.

The worker is hostile ground: code that wants to can unset the watch or forge its report. It only widens what the reading
of the syntax tree detects (an alias through a dict, a method taken as a value) and never clears anybody of anything.
"""

import contextlib
import inspect
import os
from collections.abc import Iterator, Sequence
from types import CodeType, FrameType
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

MAX_HITS = 16
_TORCH = os.path.dirname(torch.__file__) + os.sep
_LAYERS = os.path.join(_TORCH, "nn", "modules") + os.sep
_PASSED_THROUGH = (_LAYERS + "module.py", _LAYERS + "container.py")

Rule = dict[str, Any]


class Watch:
    """Who called what. `rules` hold the forbidden `name`, its `spellings`, and the functions it is `allowed_in`."""

    def __init__(self, rules: Sequence[Rule], ops: Sequence[str], paths: frozenset[str]) -> None:
        self.paths = paths
        self.ops = {name.replace("::", "."): name for name in ops}
        self.functions: dict[Any, Rule] = {}
        self.attributes: dict[Any, Rule] = {}
        self.layers: list[tuple[type, Rule]] = []
        self.hits: list[dict[str, Any]] = []
        for rule in rules:
            for spelling in rule["spellings"]:
                self._add(spelling, rule)

    def _add(self, spelling: str, rule: Rule) -> None:
        found = _named(spelling)
        if isinstance(found, type):
            if issubclass(found, torch.nn.Module):
                self.layers.append((found, rule))
        elif inspect.isdatadescriptor(found):  # torch tells of x.data as a call of torch.Tensor.data.__get__
            for name in ("__get__", "__set__", "__delete__"):
                self.attributes[getattr(found, name, None)] = rule
        elif callable(found):
            with contextlib.suppress(TypeError):
                self.functions[found] = rule

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the body runs."""
        with contextlib.ExitStack() as stack:
            if self.functions or self.attributes:
                stack.enter_context(_Functions(self))
            if self.layers:
                handle = register_module_forward_pre_hook(lambda layer, _: self.saw_layer(layer))
                stack.callback(handle.remove)
            if self.ops:
                stack.enter_context(_Ops(self))
            yield

    def saw_function(self, function: Any) -> None:
        """A torch function is about to run."""
        try:
            rule, attribute = self.functions.get(function), self.attributes.get(function)
        except TypeError:
            return
        if rule is not None:
            self._note(rule["name"], _caller(), rule["allowed_in"])
        if attribute is not None:
            self._note(attribute["name"], _reader(), attribute["allowed_in"])

    def saw_layer(self, layer: torch.nn.Module) -> None:
        """A layer is about to run."""
        for kind, rule in self.layers:
            if isinstance(layer, kind):
                self._note(rule["name"], _caller(), rule["allowed_in"])

    def saw_op(self, func: Any) -> None:
        """An op was dispatched; backward passes that a probe starts are nobody's call."""
        packet = f"{func.namespace}.{func.overloadpacket.__name__}"
        name = self.ops.get(packet) or self.ops.get(str(func)) or self.ops.get(packet[5:])
        if name is not None:
            frame = inspect.currentframe()
            while frame is not None and frame.f_code.co_filename not in self.paths:
                frame = frame.f_back
            self._note(name, frame, ())

    def _note(self, name: str, frame: FrameType | None, allowed_in: Sequence[str]) -> None:
        if frame is None or frame.f_code.co_filename not in self.paths or len(self.hits) >= MAX_HITS:
            return
        if not any(place in allowed_in for place in self._places(frame)):
            code = frame.f_code
            hit = {"name": name, "line": frame.f_lineno, "function": code.co_qualname, "file": code.co_filename}
            self.hits.append(hit)

    def _places(self, frame: FrameType | None) -> Iterator[str]:
        """The learner's functions on the stack, by their own and their qualified names."""
        while frame is not None:
            code: CodeType = frame.f_code
            if code.co_filename in self.paths:
                yield code.co_name
                yield code.co_qualname
                yield from code.co_qualname.split(".<locals>.")
            frame = frame.f_back


class _Functions(TorchFunctionMode):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.watch.saw_function(func)
        return func(*args, **(kwargs or {}))


class _Ops(TorchDispatchMode):
    def __init__(self, watch: Watch) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.watch = watch

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keeps the mode from importing torch._dynamo (about a second) only to switch it off."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.watch.saw_op(func)
        return func(*args, **(kwargs or {}))


def _not_for_dynamo() -> None:
    """After a graph break dynamo would compile what watches, too, and for that read this file, which a worker may not."""
    methods = [each for owner in (Watch, _Functions, _Ops) for each in vars(owner).values()]
    with contextlib.suppress(AttributeError):  # where another torch keeps this elsewhere, such a break crashes the call
        dynamo = torch._C._dynamo.eval_frame  # in C: torch._dynamo itself takes a second to import
        strategy = dynamo._FrameExecStrategy(dynamo._FrameAction.SKIP, dynamo._FrameAction.DEFAULT)
        for function in (*methods, _caller, _reader):
            if inspect.isfunction(function):
                dynamo.set_code_exec_strategy(function.__code__, strategy)


def _named(dotted: str) -> Any:
    """What a dotted name of torch stands for; None for anything else."""
    first, *rest = dotted.split(".")
    found: Any = torch if first == "torch" else None
    for name in rest:
        found = getattr(found, name, None)
    return found if rest else None


def _caller() -> FrameType | None:
    """Whose line called: torch's own wrappers are passed through, its layers count as callers of their own."""
    frame = inspect.currentframe()
    while frame is not None:
        path = frame.f_code.co_filename
        layer = path.startswith(_LAYERS) and path not in _PASSED_THROUGH
        if layer or not (path == __file__ or path.startswith(_TORCH)):
            return frame
        frame = frame.f_back
    return None


def _reader() -> FrameType | None:
    """Whose line read or set an attribute: torch does so itself inside `module.to(...)`, which is nobody's fault."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame


_not_for_dynamo()
