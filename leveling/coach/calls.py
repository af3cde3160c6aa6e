"""Which of PyTorch's ops a file writes down, so that two solutions can be set side by side."""

import ast
from collections import Counter
from dataclasses import dataclass

from leveling.coach.source import Source
from leveling.coach.vocabulary import CREATIONS, KEEPS_A_TENSOR, NOT_TENSORS, TENSOR_HOMES

# bookkeeping: says nothing of how a problem was solved
_UNREMARKABLE = frozenset(
    "size dim numel item tolist to float double half long int bool type_as contiguous device dtype detach".split()
)
_REPEATS = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)
_MORE_METHODS = frozenset(
    "add_ sub_ mul_ div_ addcmul addcdiv copy_ clamp_ masked_fill_ index_add_ scatter_ scatter_add_ bincount topk sort max min "
    "unbind split chunk unique nonzero cummax cummin maximum minimum outer dot einsum addmm baddbmm chunk tensor_split unfold".split()
)


@dataclass(frozen=True, slots=True)
class CallDifference:
    """Ops that only one of two files writes, the most frequent first; whether yours surely loops over ops and theirs may."""

    only_yours: tuple[str, ...]
    only_theirs: tuple[str, ...]
    you_loop: bool
    they_may_loop: bool

    def says(self) -> str:
        """One sentence; empty where the same ops are used."""
        parts = []
        if self.only_yours:
            parts.append(f"only yours calls {_listed(self.only_yours)}")
        if self.only_theirs:
            parts.append(f"only the reference calls {_listed(self.only_theirs)}")
        text = "; ".join(parts)
        return f"{text[0].upper()}{text[1:]}." if text else ""


def call_difference(yours: Source, theirs: Source) -> CallDifference:
    """Compare the ops that two files write down (not how often they run)."""
    mine, other = ops_of(yours), ops_of(theirs)
    return CallDifference(
        tuple(name for name, _ in mine.most_common() if name not in other),
        tuple(name for name, _ in other.most_common() if name not in mine),
        loops_over_ops(yours),
        may_repeat(theirs),
    )


def ops_of(source: Source) -> Counter[str]:
    """How often each op is written: `softmax` for torch.softmax, F.softmax and x.softmax; `matmul` for @ too."""
    found: Counter[str] = Counter()
    for node in source.nodes:
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
            found["matmul"] += 1
        elif isinstance(node, ast.Call) and (name := _op(source, node)) and name not in _UNREMARKABLE:
            found[name] += 1
    return found


def _op(source: Source, call: ast.Call) -> str:
    """The op's name; of methods only those that are surely a tensor's, for anything may have a method."""
    home, _, tail = source.name(call.func).rpartition(".")
    if home:
        is_op = (
            home in TENSOR_HOMES
            and tail[:1].islower()
            and (tail not in NOT_TENSORS or tail in _MORE_METHODS | {"where"})
        )
        return tail if is_op else ""
    name = source.op(call)
    return name if name in KEEPS_A_TENSOR | _MORE_METHODS | CREATIONS else ""


def loops_over_ops(source: Source) -> bool:
    """Whether a Python loop of the file surely calls ops."""
    return any(
        isinstance(node, _REPEATS) and any(_op(source, call) for call in source.calls(node)) for node in source.nodes
    )


def may_repeat(source: Source) -> bool:
    """Whether anything in the file may run more than once in a call: a loop of any kind, or a function that calls itself."""
    if any(isinstance(node, _REPEATS) for node in source.nodes):
        return True
    return any(
        isinstance(call.func, ast.Name | ast.Attribute)
        and getattr(call.func, "id", getattr(call.func, "attr", "")) == function.name
        for function in source.functions()
        for call in source.calls(function)
    )


def _listed(names: tuple[str, ...], most: int = 5) -> str:
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
