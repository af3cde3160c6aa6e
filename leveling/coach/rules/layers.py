"""How a network keeps its parts: parameters, buffers and layers that PyTorch can find."""

import ast
from collections.abc import Iterator

from leveling.coach.findings import Found, Rule
from leveling.coach.source import Function, Source, keyword, spelled
from leveling.coach.vocabulary import CREATIONS


def _init_of(network: ast.ClassDef) -> Function | None:
    return next((each for each in network.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)


def _own_assignments(function: Function) -> Iterator[tuple[str, ast.expr, ast.Assign]]:
    """(name, value, statement) of every `self.name = value`."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
                yield name, node.value, node


def _is_layer(source: Source, node: ast.AST) -> bool:
    """Whether an expression makes a layer of torch.nn: `nn.Linear(...)`, not a container, a parameter or a loss."""
    if not isinstance(node, ast.Call):
        return False
    home, _, tail = source.name(node.func).rpartition(".")
    return home == "torch.nn" and tail[:1].isupper() and tail not in {"Parameter", "Buffer"}


def layers_in_a_list(source: Source) -> Iterator[Found]:
    """`self.layers = [nn.Linear(...) ...]`, or a dict, that nothing registers."""
    for network in source.networks():
        init = _init_of(network)
        if init is None or _registers(source, network):
            continue
        for name, value, statement in _own_assignments(init):
            if any(_is_layer(source, each) for each in _elements(value)):
                kind = "dict" if isinstance(value, ast.Dict | ast.DictComp) else "list"
                yield statement, f"self.{name} is a plain {kind} of layers"
        for call in source.calls(init):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr="append"),
                    args=[layer],
                ) if _is_layer(source, layer) and _is_empty_list(init, name):
                    yield call, f"self.{name} is a plain list of layers"


def _elements(value: ast.expr) -> list[ast.expr]:
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return elements
        case ast.Dict(values=elements):
            return elements
        case ast.ListComp(elt=element) | ast.DictComp(value=element):
            return [element]
    return []


def _is_empty_list(init: Function, name: str) -> bool:
    return any(
        own == name and isinstance(value, ast.List) and not value.elts for own, value, _ in _own_assignments(init)
    )


def _registers(source: Source, network: ast.ClassDef) -> bool:
    """Whether the class hands layers to a container or registers them one by one."""
    makers = {"torch.nn.ModuleList", "torch.nn.ModuleDict", "torch.nn.Sequential"}
    for call in source.calls(network):
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"add_module", "register_module"}:
            return True
        if source.name(call.func) in makers and any("self" in spelled(each, 400) for each in call.args):
            return True
    return False


def tensor_as_attribute(source: Source) -> Iterator[Found]:
    """`self.x = torch.zeros(...)` in `__init__`, neither parameter nor buffer."""
    for network in source.networks():
        init = _init_of(network)
        if init is None:
            continue
        registered = {
            spelled(call.args[0])
            for call in source.calls(network)
            if call.args
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in {"register_buffer", "register_parameter"}
        }
        for name, value, statement in _own_assignments(init):
            if repr(name) not in registered and isinstance(value, ast.Call) and _is_creation(source, value):
                yield statement, f"self.{name} is a plain tensor"


def _is_creation(source: Source, call: ast.Call) -> bool:
    home, _, tail = source.name(call.func).rpartition(".")
    return home == "torch" and tail in CREATIONS


def forward_by_name(source: Source) -> Iterator[Found]:
    """`self.layer.forward(x)` in a network."""
    for network in source.networks():
        for call in source.calls(network):
            match call.func:
                case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr="forward"):
                    yield call, f"self.{name}.forward(...) is called by name"


def dropout_always_on(source: Source) -> Iterator[Found]:
    """`F.dropout(x, p)` in a network without `training=`."""
    for network in source.networks():
        for call in source.calls(network):
            if source.name(call.func) != "torch.nn.functional.dropout":
                continue
            guarded = any(
                isinstance(each, ast.If | ast.IfExp) and "training" in ast.unparse(each.test)
                for each in source.above(call)
            )
            if keyword(call, "training") is None and len(call.args) < 3 and not guarded and not _unpacks(call):
                yield call, "F.dropout is called without training="


def _unpacks(call: ast.Call) -> bool:
    return any(each.arg is None for each in call.keywords) or any(isinstance(each, ast.Starred) for each in call.args)


RULES = (
    Rule(
        "layers-in-a-plain-list",
        "nn.Module looks into its attributes, not into lists: these layers are missing from parameters(), state_dict() and .to().",
        "Hold them in nn.ModuleList or nn.ModuleDict.",
        layers_in_a_list,
    ),
    Rule(
        "tensor-as-attribute",
        "A plain tensor neither moves with .to(device) nor is saved in state_dict(), and no optimizer sees it.",
        "nn.Parameter for what is trained, register_buffer (or nn.Buffer) for what is not.",
        tensor_as_attribute,
    ),
    Rule(
        "dropout-always-on",
        "F.dropout has training=True by default and knows nothing of model.eval(): it drops in evaluation too.",
        "Pass training=self.training, or use nn.Dropout.",
        dropout_always_on,
    ),
    Rule(
        "forward-by-name",
        "Calling forward directly leaves out the hooks that profiling, pruning, quantisation and FSDP rely on.",
        "Call the layer itself: self.layer(x).",
        forward_by_name,
    ),
)
