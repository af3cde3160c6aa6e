"""Questions of autograd/graph-quiz. Every answer is found by running the program that the question shows."""

import re
import warnings
from typing import Any

import torch
from torch import Tensor

from leveling.checks import Asked, Draw, Question

NUMBER = "a number"
UNARY = ("tanh", "exp", "sin", "cos", "sigmoid")


def run(*program: str) -> dict[str, Any]:
    """The variables that a program of the quiz leaves behind."""
    names: dict[str, Any] = {"torch": torch}
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # reading .grad of a non-leaf warns; that it is None is the point
        exec("\n".join(program), names)  # noqa: S102 - the text is ours: what the learner reads is what is run
    return names


def error_of(*program: str) -> str:
    """The name of the exception in which a program ends, or "" when it runs through."""
    try:
        run(*program)
    except (RuntimeError, ValueError) as error:
        return type(error).__name__
    return ""


def shown(rule: str, *program: str) -> str:
    """The rule that decides, and a program that demonstrates it: one line of statements, which survives being wrapped."""
    return f"{rule}\nTry it: {'; '.join(program)}"


def plain(number: Any) -> str:
    """A number as one would type it: 12, not 12.0."""
    return f"{float(number):.10g}"


def misled(answer: str, **beliefs: str) -> dict[str, str]:
    """The answers of misconceptions, without those that happen to be right."""
    return {name.replace("_", "-"): given for name, given in beliefs.items() if given != answer}


class _Number(Question):
    """A question whose answer is one number, right to 1e-6."""

    form = NUMBER

    def accepts(self, asked: Asked, text: str) -> bool:
        try:
            given = float(text.strip().replace("'", ""))
        except ValueError:
            return False
        return abs(given - float(asked.answer)) <= 1e-6 * max(1.0, abs(float(asked.answer)))


class _Several(Question):
    """A question whose answer is several whole numbers, or several times yes or no, in order."""

    def accepts(self, asked: Asked, text: str) -> bool:
        return _words(text) == _words(str(asked.answer))


def _words(text: str) -> list[str]:
    short = {"y": "yes", "n": "no"}
    return [short.get(word, word) for word in re.findall(r"\d+|[a-z]+", text.lower())]


def leaf(start: int) -> str:
    """The line that makes x."""
    return f"x = torch.tensor({start}., requires_grad=True)"


class SeveralBackwards(_Number):
    """backward more than once through one graph."""

    def ask(self, draw: Draw) -> Asked:
        a, start, b, times = draw.integer(2, 5), draw.integer(1, 4), draw.integer(1, 6), draw.choice((2, 3))
        program = (leaf(start), f"y = {a} * x + {b}", "z = y**2", *["z.backward(retain_graph=True)"] * times)
        answer = plain(run(*program)["x"].grad)
        once = 2 * (a * start + b) * a
        return Asked(
            "\n".join(program) + "\nWhat is x.grad now?",
            answer,
            shown(
                f"One backward gives dz/dx = 2 * y * {a} = {once}. backward adds to .grad: {times} of them leave {answer}.",
                *program,
                "print(x.grad)",
            ),
            wrong=misled(answer, gradients_are_replaced=plain(once), stops_at_y=plain(2 * (a * start + b))),
        )


LEAVES = (
    "torch.nn.Parameter(torch.zeros(3))",
    "torch.zeros(3, requires_grad=True)",
    "torch.zeros(3).requires_grad_()",
    "(w * 2).detach().requires_grad_()",
)
COMPUTED = (
    "w * 2",
    "w.clone()",
    "torch.zeros(3, requires_grad=True) + 1",
    "torch.zeros(3, requires_grad=True).double()",
)
FROZEN = ("torch.zeros(3)", "(w * 2).detach()", "torch.no_grad()(lambda: w * 2)()", "w.data")


class TheLeaf(Question):
    """Which of five tensors is a leaf that requires grad."""

    form = "the number of a line"

    def ask(self, draw: Draw) -> Asked:
        answer, computed = draw.choice(LEAVES), draw.shuffled(COMPUTED)[:2]
        lines = draw.shuffled([answer, *computed, *draw.shuffled(FROZEN)[:2]])
        w = "w = torch.nn.Parameter(torch.ones(3))"
        for line in lines:
            tensor = run(w, f"t = {line}")["t"]
            if (tensor.is_leaf and tensor.requires_grad) != (line == answer):
                raise ValueError(f"{line} is not what the question takes it for")
        return Asked(
            f"{w}\nWhich of these is a leaf that requires grad?",
            answer,
            shown(
                "A leaf is what no recorded operation has made: created by you, detached, or computed under no_grad. "
                "Of those, only what was told to requires grad. clone, double and + are operations like any other.",
                w,
                "y = w * 2",
                "d = y.detach()",
                "print(y.is_leaf, y.requires_grad, d.is_leaf, d.requires_grad)",
            ),
            choices=tuple(lines),
            wrong={"what-requires-grad-is-a-leaf": computed[0]},
        )


class OneBranchDetached(_Number):
    """x enters the loss through two branches, one of them detached."""

    def ask(self, draw: Draw) -> Asked:
        start, p = draw.integer(2, 5), draw.integer(2, 7)
        product = draw.choice(("u.detach() * v", "u * v.detach()"))
        program = (leaf(start), f"u = {p} * x", "v = x**2", f"loss = {product}", "loss.backward()")
        answer = plain(run(*program)["x"].grad)
        whole = 3 * p * start**2
        return Asked(
            "\n".join(program) + "\nWhat is x.grad now?",
            answer,
            shown(
                "The detached factor is a mere number to backward: only the other one is differentiated. "
                f"Without detach the gradient would be {whole}.",
                *program,
                "print(x.grad)",
            ),
            wrong=misled(
                answer,
                detach_changes_nothing=plain(whole),
                detach_stops_everything="0",
                differentiates_the_other_factor=plain(whole - float(answer)),
            ),
        )


class SumOverPaths(_Number):
    """The chain rule along two paths from x to the loss."""

    def ask(self, draw: Draw) -> Asked:
        p, q, r, s = draw.distinct(2, 9, 4)
        program = (leaf(1), f"u = {p} * x", f"v = {q} * x", f"loss = {r} * u + {s} * v", "loss.backward()")
        answer = plain(run(*program)["x"].grad)
        return Asked(
            "\n".join(program) + "\nWhat is x.grad now?",
            answer,
            shown(
                f"Along a path slopes are multiplied, and paths are added: {p} * {r} through u plus {q} * {s} through v. "
                "Wherever a tensor is used twice, backward adds.",
                *program,
                "print(x.grad)",
            ),
            wrong=misled(
                answer,
                follows_one_path=plain(p * r),
                multiplies_the_paths=plain(p * q * r * s),
                adds_along_a_path=plain(p + q + r + s),
            ),
        )


def graph_size(root: Any) -> tuple[int, int, int]:
    """Distinct nodes behind `root`, how many of them are AccumulateGrad, and nodes counted once for each path."""
    seen: set[Any] = set()

    def walk(node: Any) -> int:
        seen.add(node)
        return 1 + sum(walk(following) for following, _ in node.next_functions if following is not None)

    paths = walk(root)
    return len(seen), sum(node.name().endswith("AccumulateGrad") for node in seen), paths


class NodesOfAGraph(_Number):
    """How many nodes a graph has."""

    def ask(self, draw: Draw) -> Asked:
        f, g = draw.shuffled(UNARY)[:2]
        body = draw.choice(
            (
                (f"h = torch.{f}(x * w)", "loss = (h + x).sum()"),
                (f"h = torch.{f}(x)", "loss = (h * h).sum()"),
                (f"h = torch.{f}(x * c)", f"loss = torch.{g}(h * h).mean()"),
                (f"h = torch.{f}(x) + torch.{g}(x)", "loss = (h - w).sum()"),
                (f"h = torch.{f}(x) * c", f"loss = torch.{g}(h - x).mean()"),
            )
        )
        made = (
            "x = torch.ones(3, requires_grad=True)",
            "w = torch.ones(3, requires_grad=True)",
            "c = torch.ones(3)",
        )
        program = (*made, *body)
        distinct, leaves, paths = graph_size(run(*program)["loss"].grad_fn)
        answer = str(distinct)
        return Asked(
            "\n".join(program) + "\nHow many different nodes are reached from loss.grad_fn, itself and\n"
            "AccumulateGrad nodes included?",
            answer,
            shown(
                f"One node for each recorded operation, and one AccumulateGrad for each leaf that requires grad and is "
                f"used ({leaves} here), however often it is used. c requires no grad: nothing leads to it.",
                *program,
                "n = loss.grad_fn",
                "print(n, n.next_functions)",
            ),
            wrong=misled(
                answer,
                forgets_the_accumulate_nodes=str(distinct - leaves),
                counts_a_node_for_each_use=str(paths),
                frozen_operands_have_nodes=str(distinct + 1),
            ),
        )


class WhichGradsAreFilled(_Number):
    """How many .grad are filled after backward."""

    def ask(self, draw: Draw) -> Asked:
        frozen = draw.choice(("True", "False"))
        kept = draw.choice(((), ("h.retain_grad()",)))
        program = (
            "x = torch.ones(3, requires_grad=True)",
            f"w = torch.ones(3, requires_grad={frozen})",
            f"h = torch.{draw.choice(UNARY)}(x * w)",
            *kept,
            "y = h.sum()",
            "y.backward()",
        )
        after = run(*program, "filled = [each.grad is not None for each in (x, w, h, y)]")
        answer = str(sum(after["filled"]))
        recorded = str(sum(after[name].requires_grad for name in "xwhy"))
        return Asked(
            "\n".join(program) + "\nOf x, w, h and y: for how many is .grad not None?",
            answer,
            shown(
                "backward fills .grad of leaves that require grad. Results such as h and y pass the gradient on and keep "
                "none, unless retain_grad() asked for it.",
                *program,
                "print(x.grad, w.grad, h.grad, y.grad)",
            ),
            wrong=misled(answer, results_have_a_grad_too=recorded, only_one_leaf_is_filled="1"),
        )


OVERWRITES = {
    "y = h.exp(); h.add_(1)": "exp keeps its result: its input is free",
    "y = h.exp(); y.add_(1)": "exp keeps its result, which was overwritten",
    "y = h + c; y.mul_(2)": "+ keeps nothing",
    "y = h + c; h.mul_(2)": "+ keeps nothing",
    "y = h * c; c.add_(1)": "* keeps c for the slope by h",
    "y = h * c; y.add_(1)": "* keeps its operands, not its result",
    "y = h.sin(); h.add_(1)": "sin keeps its input",
    "y = h.sin(); y.add_(1)": "sin keeps its input, not its result",
    "y = h.tanh(); y.mul_(2)": "tanh keeps its result",
    "y = h.tanh(); h.mul_(2)": "tanh keeps its result: its input is free",
}
BEFORE = ("x = torch.ones(3, requires_grad=True)", "h = x * 1", "c = torch.ones(3)")


class OverwrittenInPlace(_Several):
    """Whether backward raises after an in-place change."""

    form = "three words, such as: yes, no, no"

    def ask(self, draw: Draw) -> Asked:
        def raises(line: str) -> str:
            return "yes" if error_of(*BEFORE, *line.split("; "), "y.sum().backward()") else "no"

        exp_input, exp_output, *others = OVERWRITES
        lines = draw.shuffled([exp_input, exp_output, draw.choice(others)])
        answers = [raises(line) for line in lines]
        reasons = "; ".join(f"{mark}) {OVERWRITES[line]}" for mark, line in zip("abc", lines, strict=True))
        return Asked(
            "\n".join(BEFORE)
            + "".join(f"\n{mark})  {line}" for mark, line in zip("abc", lines, strict=True))
            + "\nDoes y.sum().backward() raise afterwards? Answer for a, b and c.",
            ", ".join(answers),
            shown(
                f"backward raises when a tensor that it kept was changed since: {reasons}.",
                *BEFORE,
                *lines[answers.index("yes")].split("; "),
                "y.sum().backward()",
            ),
            wrong=misled(
                ", ".join(answers),
                every_change_in_place_raises="yes, yes, yes",
                changes_in_place_are_free="no, no, no",
                exp_keeps_its_input=", ".join(
                    {exp_input: "yes", exp_output: "no"}.get(line, given)
                    for line, given in zip(lines, answers, strict=True)
                ),
            ),
        )


class PassesForAJacobian(_Several):
    """Passes of either mode for a whole Jacobian."""

    form = "two whole numbers: reverse, forward"

    def ask(self, draw: Draw) -> Asked:
        n, m = draw.distinct(2, 9, 2)
        n, m = n * draw.choice((1, 100)), m * draw.choice((1, 10))
        program = (f"w = torch.ones({m}, {n})", f"x = torch.ones({n}, requires_grad=True)", "y = torch.tanh(w @ x)")
        rows = len(run(*program)["y"])
        columns = len(run(*program)["x"])
        return Asked(
            "\n".join(program) + "\nHow many passes does the Jacobian of y by x take one at a time, in reverse mode\n"
            "and in forward mode?",
            f"{rows}, {columns}",
            shown(
                f"A reverse pass gives u^T J: one row, so {m} for {m} outputs. A forward pass gives J v: one column, so {n} for "
                f"{n} inputs. A loss has one output: one reverse pass, whatever the number of parameters.",
                *program,
                "rows = [torch.autograd.grad(each, x, retain_graph=True)[0] for each in y]",
                "print(torch.stack(rows).shape)",
            ),
            wrong={"modes-change-places": f"{columns}, {rows}", "one-pass-gives-everything": "1, 1"},
        )


def kept_bytes(line: str, count: int, dtype: str) -> int:
    """Bytes that the operation in `line` keeps for backward, a storage counted once."""
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    made = run(f"x, w = [torch.ones({count}, dtype=torch.{dtype}, requires_grad=True) for _ in range(2)]")
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        exec(line, made)  # noqa: S102 - the text is ours: what the learner reads is what is run
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


class BytesKept(_Several):
    """Bytes that an operation keeps for backward."""

    form = "four whole numbers, as 80, 0, 40, 40"

    def ask(self, draw: Draw) -> Asked:
        count, dtype = draw.choice((100, 200, 500, 1000)), draw.choice(("float32", "float64"))
        one = draw.choice(("x.exp()", "x.tanh()", "x.sin()"))
        other = draw.choice(("torch.relu(x)", "torch.sigmoid(x)", "x**2"))
        lines = draw.shuffled([one, "x * w", other, "x + w"])
        answers = [kept_bytes(f"y = {line}", count, dtype) for line in lines]
        answer = ", ".join(map(str, answers))
        size = {"float32": 4, "float64": 8}[dtype] * count
        believed = [2 * size if line == "x + w" else kept for line, kept in zip(lines, answers, strict=True)]
        elements = [kept // (size // count) for kept in answers]
        return Asked(
            f"x and w have {count} elements of {dtype} and require grad. How many bytes does\n"
            "each of these keep for backward, inputs and results counted like any tensor?\n"
            + "\n".join(f"{mark})  {line}" for mark, line in zip("abcd", lines, strict=True)),
            answer,
            shown(
                f"A tensor is {size} bytes. * keeps both operands, since each is the other's slope; exp, tanh, sigmoid and "
                "relu keep their result, sin and **2 their input; the slope of + is 1, so it keeps nothing.",
                f"x = torch.ones({count}, dtype=torch.{dtype}, requires_grad=True)",
                "w = x.detach().clone().requires_grad_()",
                "n = (x * w).grad_fn",
                "print(n._saved_self is not None, n._saved_other is not None, hasattr((x + w).grad_fn, '_saved_self'))",
            ),
            wrong=misled(
                answer,
                addition_keeps_its_inputs=", ".join(map(str, believed)),
                counts_elements=", ".join(map(str, elements)),
            ),
        )


class AnUnusedInput(Question):
    """What autograd.grad gives for an input that was not used."""

    form = "the number of a sentence"

    def ask(self, draw: Draw) -> Asked:
        k = draw.integer(2, 9)
        made = (f"x, w = [torch.ones({k}, requires_grad=True) for _ in range(2)]", "y = x.exp().sum()")
        option, belief = draw.choice(
            (
                ("", "zeros"),
                ("allow_unused=True", "zeros"),
                ("materialize_grads=True", "none"),
                ("allow_unused=False", "none"),
            )
        )
        call = f"torch.autograd.grad(y, (x, w){', ' + option if option else ''})"
        zeros = f"zeros of shape ({k},)"
        if error_of(*made, f"g = {call}"):
            answer = "nothing: it raises a RuntimeError"
        else:
            gradient = run(*made, f"g = {call}")["g"][1]
            answer = "None" if gradient is None else zeros
        choices = ("None", zeros, "nothing: it raises a RuntimeError", f"ones of shape ({k},)")
        return Asked(
            "\n".join(made) + f"\nWhat does {call}\ngive for w?",
            answer,
            shown(
                "w is not part of the graph of y. By default that is taken for a mistake and raises; allow_unused=True gives "
                "None; materialize_grads=True gives zeros in w's shape.",
                *made,
                "print(torch.autograd.grad(y, (x, w), allow_unused=True, retain_graph=True)[1])",
                "print(torch.autograd.grad(y, (x, w), materialize_grads=True)[1])",
            ),
            choices=tuple(draw.shuffled(choices)),
            wrong={f"unused-inputs-get-{belief}": zeros if belief == "zeros" else "None"},
        )


LAST = {
    "z = (x * w).sum()": "SumBackward0",
    "z = x.view(3, 1) @ w.view(1, 3)": "MmBackward0",
    "z = -(x + w)": "NegBackward0",
    "z = (x - w) ** 2": "PowBackward0",
    "z = (x / w).mean()": "MeanBackward0",
    "z = torch.exp(x).detach() * 2": "None",
    "z = (x > w) * 1.0": "None",
    "z = x.argmax() + 1": "None",
    "z = torch.exp(x)[0]": "SelectBackward0",
}


class NameOfTheLastNode(Question):
    """grad_fn of a result."""

    form = "the number of a name"

    def ask(self, draw: Draw) -> Asked:
        line = draw.choice(list(LAST))
        made = ("x, w = [torch.ones(3, requires_grad=True) for _ in range(2)]", line)
        node = run(*made)["z"].grad_fn
        answer = "None" if node is None else node.name()
        others = [
            name
            for name in ("MulBackward0", "ExpBackward0", *sorted(set(LAST.values())))
            if name not in (answer, "None")
        ]
        choices = draw.shuffled([answer, *draw.shuffled(others)[: 3 if answer == "None" else 2]])
        if answer != "None":
            choices = draw.shuffled([*choices, "None"])
        return Asked(
            "\n".join(made) + "\nWhich node is z.grad_fn?",
            answer,
            shown(
                "grad_fn is the last recorded operation; those before it hang behind its next_functions. What was detached, or "
                "cannot be differentiated (comparisons, argmax), has no history: grad_fn is None.",
                *made,
                "print(z.grad_fn, z.requires_grad)",
            ),
            choices=tuple(choices),
            wrong=misled(answer, everything_computed_has_a_node=choices[0] if choices[0] != answer else choices[1]),
        )
