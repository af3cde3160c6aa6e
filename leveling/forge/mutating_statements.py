"""Rules for whole statements: left out, unwrapped, results in another order."""

import ast
from collections.abc import Iterator

from leveling.forge.rules import Change, Rule, shown
from leveling.forge.sites import FunctionNode, Site, called_name

GRAD_MODES = frozenset(("no_grad", "enable_grad", "inference_mode", "set_grad_enabled"))


def deleted(site: Site) -> Iterator[Change]:
    """A statement forgotten. One that alone gives a name its value stays: without it nothing would run."""
    node = site.node
    droppable = isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Break | ast.Continue | ast.For | ast.While)
    if droppable or (isinstance(node, ast.Assign) and all(_is_known(target, site) for target in node.targets)):
        yield Change("drop-statement", ast.Pass(), after="nothing")
    elif isinstance(node, ast.Return) and not _is_last(site):
        yield Change("drop-return", ast.Pass(), after="nothing")


def _is_known(target: ast.expr, site: Site) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(_is_known(item, site) for item in target.elts)
    return not isinstance(target, ast.Name) or target.id in site.bound


def _is_last(site: Site) -> bool:
    return isinstance(site.parent, FunctionNode) and site.parent.body[-1] is site.node


def unwrapped(site: Site) -> Iterator[Change]:
    """`with torch.no_grad():` and other surroundings taken away, as a decorator too."""
    node = site.node
    if isinstance(node, ast.With) and all(item.optional_vars is None for item in node.items):
        name = called_name(node.items[0].context_expr)
        kind = "no-grad" if name in GRAD_MODES else "drop-with"
        yield Change(kind, node.body, shown(node.items[0].context_expr), "nothing")
    if isinstance(node, ast.FunctionDef):
        for decorator in node.decorator_list:
            if called_name(decorator) in GRAD_MODES:
                rest = [other for other in node.decorator_list if other is not decorator]
                yield Change("no-grad", _decorated(node, rest), f"@{shown(decorator)}", "nothing")


def _decorated(node: ast.FunctionDef, decorators: list[ast.expr]) -> ast.FunctionDef:
    fields = {name: getattr(node, name) for name in node._fields if hasattr(node, name)}
    return ast.FunctionDef(**{**fields, "decorator_list": decorators}, lineno=node.lineno)


def reordered(site: Site) -> Iterator[Change]:
    """Returned values in another order."""
    node = site.node
    if not isinstance(node, ast.Return) or not isinstance(node.value, ast.Tuple):
        return
    for first in range(len(node.value.elts) - 1):
        items = list(node.value.elts)
        items[first], items[first + 1] = items[first + 1], items[first]
        yield Change("return-order", ast.Return(ast.Tuple(items, ast.Load())))


STATEMENT_RULES: tuple[Rule, ...] = (deleted, unwrapped, reordered)
