"""The training loop: clearing gradients, keeping no graphs, evaluating without one."""

import ast
from collections.abc import Iterator

from leveling.coach.findings import Found, Rule
from leveling.coach.source import Source, loads

_NO_GRAPH = ("no_grad", "inference_mode", "set_grad_enabled")


def _calls_method(source: Source, node: ast.AST, method: str) -> list[ast.Call]:
    return [call for call in source.calls(node) if isinstance(call.func, ast.Attribute) and call.func.attr == method]


def gradients_never_cleared(source: Source) -> Iterator[Found]:
    """A loop with `backward()` and `step()` in a file that clears no gradient anywhere."""
    if source.mentions("zero_grad") or _sets_grad(source):
        return
    for call in _calls_method(source, source.tree, "backward"):
        for loop in source.loops_of(call):
            if _calls_method(source, loop, "step"):
                yield call, "backward() and step() are repeated, but no gradient is ever cleared"
                break


def _sets_grad(source: Source) -> bool:
    """Whether the file clears gradients in its own way: `p.grad = None`, `p.grad.zero_()`."""
    for node in source.nodes:
        match node:
            case ast.Attribute(attr="grad", ctx=ast.Store()):
                return True
            case ast.Attribute(value=ast.Attribute(attr="grad"), attr="zero_" | "fill_"):
                return True
    return False


def cleared_before_use(source: Source) -> Iterator[Found]:
    """In one block: `backward()`, then `zero_grad()`, then `step()`."""
    for call in _calls_method(source, source.tree, "zero_grad"):
        statement = source.parents.get(call)
        if not isinstance(statement, ast.Expr):
            continue
        words = [_method_of(each) for each in source.block_of(statement)]
        at = source.block_of(statement).index(statement)
        before = [word for word in words[:at] if word in {"backward", "step"}]
        after = [word for word in words[at + 1 :] if word in {"backward", "step"}]
        if before[-1:] == ["backward"] and after[:1] == ["step"]:
            yield call, "zero_grad() stands between backward() and step()"


def _method_of(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=method))):
            return method
    return ""


def keeps_the_graph(source: Source) -> Iterator[Found]:
    """`total += loss` or `losses.append(loss)` in the loop that calls `loss.backward()`."""
    for call in _calls_method(source, source.tree, "backward"):
        if not (isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)):
            continue
        loss = call.func.value.id
        loop = next(source.loops_of(call), None)
        if loop is None:
            continue
        for node in ast.walk(loop):
            match node:
                case ast.AugAssign(op=ast.Add(), target=ast.Name(id=total), value=ast.Name(id=name)) if (
                    name == loss and total != loss and not _is_differentiated(source, loop, total)
                ):
                    yield node, f"{total} += {loss} adds up tensors that carry a graph"
                case ast.Call(func=ast.Attribute(value=ast.Name(id=kept), attr="append"), args=[ast.Name(id=name)]) if (
                    name == loss
                ):
                    yield node, f"{kept}.append({loss}) keeps tensors that carry a graph"


def _is_differentiated(source: Source, loop: ast.AST, total: str) -> bool:
    return any(loads(call.func, total) for call in _calls_method(source, loop, "backward"))


def evaluates_with_a_graph(source: Source) -> Iterator[Found]:
    """A function that calls `model.eval()`, then the model, in a file that never switches recording off."""
    if source.mentions(*_NO_GRAPH, "backward", "grad", "Function"):
        return
    for call in _calls_method(source, source.tree, "eval"):
        function = source.function_of(call)
        match call.func:
            case ast.Attribute(value=ast.Name(id=network)) if function is not None and not call.args:
                used = any(
                    isinstance(each.func, ast.Name) and each.func.id == network and each.args
                    for each in source.calls(function)
                )
                if used and not source.name(call.func.value):
                    yield call, f"{network}.eval() is followed by forward passes that record a graph"


RULES = (
    Rule(
        "gradients-never-cleared",
        "backward() adds to .grad: from the second pass on, every update follows the sum of all gradients so far.",
        "Call optimizer.zero_grad() once in every pass, before backward().",
        gradients_never_cleared,
    ),
    Rule(
        "cleared-before-use",
        "step() finds no gradients: nothing is learnt.",
        "The order is zero_grad(), backward(), step().",
        cleared_before_use,
    ),
    Rule(
        "keeps-the-graph",
        "Each of these tensors holds on to the graph behind it, so memory grows with the number of passes.",
        "Keep the number alone: loss.detach(), or loss.item() where a float is wanted.",
        keeps_the_graph,
    ),
    Rule(
        "evaluates-with-a-graph",
        "eval() changes dropout and batch norm, not recording: activations are saved for a backward that never comes.",
        "Evaluate under torch.inference_mode() or torch.no_grad().",
        evaluates_with_a_graph,
    ),
)
