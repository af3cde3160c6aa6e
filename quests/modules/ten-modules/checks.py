"""Hidden checks of modules/ten-modules."""

import copy

import torch
from torch import nn

from leveling.checks import Check, Draw, case, expect, parameter_gradients, raised, set_parameters


def branches():
    """Two branches of one module each, one with parameters below its own name."""
    return [nn.Linear(5, 3), nn.Sequential(nn.Linear(5, 2), nn.Dropout(0.5))]


SMALL = {
    "Scale": lambda solution: solution.Scale(5),
    "Residual": lambda solution: solution.Residual(nn.Sequential(nn.Linear(5, 5), nn.Dropout(0.5))),
    "Lambda": lambda solution: solution.Lambda(torch.sin),
    "Flatten": lambda solution: solution.Flatten(),
    "Embedding": lambda solution: solution.Embedding(7, 5, padding_idx=2),
    "Bilinear": lambda solution: solution.Bilinear(5, 4, 3),
    "Maxout": lambda solution: solution.Maxout(5, 3, 2),
    "Concat": lambda solution: solution.Concat(branches()),
    "RunningNorm": lambda solution: solution.RunningNorm(5),
    "Gate": lambda solution: solution.Gate(5),
}
PARAMETERS = {
    "Scale": {"weight": (5,)},
    "Residual": {"fn.0.weight": (5, 5), "fn.0.bias": (5,)},
    "Embedding": {"weight": (7, 5)},
    "Bilinear": {"weight": (3, 5, 4), "bias": (3,)},
    "Maxout": {"linear.weight": (6, 5), "linear.bias": (6,)},
    "Concat": {
        "branches.0.weight": (3, 5),
        "branches.0.bias": (3,),
        "branches.1.0.weight": (2, 5),
        "branches.1.0.bias": (2,),
    },
    "Gate": {"linear.weight": (5, 10), "linear.bias": (5,)},
}
BUFFERS = {"RunningNorm": {"mean": (5,)}}


def small_inputs(name, dtype):
    """What the small object of a class is called with."""
    if name == "Embedding":
        return [torch.tensor([[1, 2], [6, 1]])]
    x = torch.linspace(-1.3, 2.1, 20, dtype=dtype).reshape(4, 5)
    second = {"Bilinear": x[:, :4].flip(0), "Gate": x.flip(0)}
    return [x, second[name]] if name in second else [x]


def listed(shapes):
    """weight (3, 5), bias (3,)"""
    return ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items()) or "nothing"


def loaded(made, weights, dtype):
    """`made` in dtype with the judge's weights in its parameters."""
    return set_parameters(made.to(dtype), weights) if weights else made.to(dtype)


class Registered:
    """Names and shapes of parameters and buffers, and nothing else in state_dict."""

    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(name=self.part)

    def probe(self, solution, name):
        made = SMALL[name](solution)
        return {
            "is": isinstance(made, nn.Module),
            "parameters": {key: list(value.shape) for key, value in made.named_parameters()},
            "trained": all(value.requires_grad for value in made.parameters()),
            "buffers": {key: list(value.shape) for key, value in made.named_buffers()},
            "saved": sorted(made.state_dict()),
        }

    def verify(self, case, got, want):
        name = case["name"]
        expect(got["is"], f"{name} is not an nn.Module")
        for kind, wanted in (("parameters", PARAMETERS.get(name, {})), ("buffers", BUFFERS.get(name, {}))):
            found = {key: tuple(shape) for key, shape in got[kind].items()}
            expect(found == wanted, f"named_{kind}() lists {listed(found)}; expected {listed(wanted)}")
        expect(got["trained"], "a parameter does not require grad")
        keys = sorted([*PARAMETERS.get(name, {}), *BUFFERS.get(name, {})])
        expect(got["saved"] == keys, f"state_dict() holds {got['saved']}; expected {keys}")


class MovesAndCopies:
    """A copy that shares nothing, a repr, float64 and eval for all that is inside."""

    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(name=self.part)

    def probe(self, solution, name):
        made = SMALL[name](solution)
        shown = repr(made)
        made.to(torch.float64)
        made(*small_inputs(name, torch.float64))
        made.eval()
        inputs = small_inputs(name, torch.float64)
        before = made(*inputs).detach()
        copied = raised(copy.deepcopy, made)
        found = {
            "shown": shown,
            "dtype": str(before.dtype),
            "again": made(*inputs).equal(before),
            "training": any(part.training for part in made.modules()),
            "copied": copied,
        }
        if copied["raised"] == "nothing":
            other = copy.deepcopy(made)
            found["the same"] = other(*inputs).equal(before)
            with torch.no_grad():
                for value in [*other.parameters(), *other.buffers()]:
                    value.add_(1.0)
            found["independent"] = made(*inputs).equal(before)
        return found

    def verify(self, case, got, want):
        name = case["name"]
        expect(got["shown"].startswith(name), f"repr gives {got['shown']!r}, expected it to start with {name}")
        expect(got["dtype"] == "torch.float64", f"after .to(torch.float64) the output is {got['dtype']}")
        expect(not got["training"], "eval() leaves a part in training mode")
        expect(got["again"], "after eval() two calls with the same input differ")
        copied = got["copied"]
        expect(copied["raised"] == "nothing", f"copy.deepcopy raised {copied['raised']}: {copied['message']}")
        expect(got["the same"], "the copy computes something else than the original")
        expect(got["independent"], "adding 1 to the parameters of the copy changes the original: they are shared")


class Applied:
    """Output and gradients with the judge's weights; cases name the class, how it is made, weights and inputs."""

    def probe(self, solution, name, options, weights, inputs):
        floats = [value for value in [*weights.values(), *inputs] if value.is_floating_point()]
        made = loaded(getattr(solution, name)(**options), weights, floats[0].dtype)
        output = made(*inputs)
        wanted = {f"input {n}": value for n, value in enumerate(inputs) if value.requires_grad}
        return {"output": output, **parameter_gradients(output, made, **wanted)}


class ScaleRegisters(Registered, Check):
    """Scale registers `weight` (D,), and nothing else."""

    part = "Scale"
    calls = "Scale(5): named_parameters(), named_buffers(), state_dict()"


class ScaleTimes(Applied, Check):
    """Scale multiplies feature d by weight[d], whatever dimensions stand before."""

    part = "Scale"
    calls = "Scale(dim)(x)"

    def cases(self, draw: Draw):
        for lead in ((7,), (2, 3), (), (0,), (5,)):
            yield case(
                f"x {(*lead, 5)}",
                name="Scale",
                options={"dim": 5},
                weights={"weight": draw.uniform(5, low=0.5, high=2.0)},
                inputs=[draw.normal(*lead, 5, requires_grad=True)],
            )


class ScaleStartsAtOne(Check):
    """A fresh Scale returns x as it is."""

    part = "Scale"
    calls = "Scale(dim)(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 4))

    def probe(self, solution, x):
        return solution.Scale(4).to(x.dtype)(x)


class ScaleMovesAndCopies(MovesAndCopies, Check):
    """Scale goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Scale"
    calls = "Scale(5)"


class ResidualRegisters(Registered, Check):
    """Residual registers what `fn` registers, below the name fn, and nothing else."""

    part = "Residual"
    calls = (
        "Residual(nn.Sequential(nn.Linear(5, 5), nn.Dropout(0.5))): named_parameters(), named_buffers(), state_dict()"
    )


class ResidualAdds(Check):
    """Residual gives x + fn(x) and its gradients, for any fn: one that returns x, one that saves its output."""

    part = "Residual"
    calls = "Residual(fn)(x)"

    def cases(self, draw: Draw):
        for kind in ("a linear layer", "a linear layer, then tanh", "the identity", "tanh", "a residual in a residual"):
            x = draw.normal(3, 5, requires_grad=True)
            yield case(f"fn is {kind}", kind=kind, x=x, weights=[draw.normal(5, 5), draw.normal(5)])
        yield case(
            "no rows",
            kind="a linear layer",
            x=draw.normal(0, 5, requires_grad=True),
            weights=[draw.normal(5, 5), draw.normal(5)],
        )

    def probe(self, solution, kind, x, weights):
        fn = {
            "a linear layer": lambda: nn.Linear(5, 5),
            "a linear layer, then tanh": lambda: nn.Sequential(nn.Linear(5, 5), nn.Tanh()),
            "the identity": nn.Identity,
            "tanh": nn.Tanh,
            "a residual in a residual": lambda: solution.Residual(nn.Linear(5, 5)),
        }[kind]()
        made = solution.Residual(fn).to(x.dtype)
        if any(True for _ in made.parameters()):
            set_parameters(made, weights)
        inner = x * 1.5
        output = made(inner)
        return {"output": output, "x": inner, **parameter_gradients(output, made, x=x)}


class ResidualMovesAndCopies(MovesAndCopies, Check):
    """Residual goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Residual"
    calls = "Residual(nn.Sequential(nn.Linear(5, 5), nn.Dropout(0.5)))"


class LambdaRegisters(Registered, Check):
    """Lambda registers nothing, and nothing else."""

    part = "Lambda"
    calls = "Lambda(torch.sin): named_parameters(), named_buffers(), state_dict()"


class LambdaCalls(Check):
    """Lambda passes all its arguments to the function and returns what it returns, also inside nn.Sequential."""

    part = "Lambda"
    calls = "Lambda(function)(*args)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 3), y=draw.normal(2, 3))

    def probe(self, solution, x, y):
        chain = nn.Sequential(solution.Lambda(torch.sin), nn.Tanh(), solution.Lambda(lambda t: t.sum(0)))
        return {
            "Lambda(torch.sin)(x)": solution.Lambda(torch.sin)(x),
            "Lambda(torch.sub)(x, y)": solution.Lambda(torch.sub)(x, y),
            "in a Sequential": chain(x),
            "two results": list(solution.Lambda(lambda t: (t, 2 * t))(x)),
        }


class LambdaMovesAndCopies(MovesAndCopies, Check):
    """Lambda goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Lambda"
    calls = "Lambda(torch.sin)"


class FlattenRegisters(Registered, Check):
    """Flatten registers nothing, and nothing else."""

    part = "Flatten"
    calls = "Flatten(): named_parameters(), named_buffers(), state_dict()"


class FlattenJoins(Applied, Check):
    """Flatten makes one dimension of all from start_dim on, for any layout in memory."""

    part = "Flatten"
    calls = "Flatten(start_dim)(x)"

    def cases(self, draw: Draw):
        for start, shape in (
            (1, (2, 3, 4)),
            (1, (2, 3)),
            (0, (2, 3, 4)),
            (2, (2, 3, 4, 5)),
            (-2, (2, 3, 4, 5)),
            (-1, (2, 3)),
        ):
            x = draw.normal(*shape, requires_grad=True)
            yield case(
                f"start_dim {start}, x {shape}", name="Flatten", options={"start_dim": start}, weights={}, inputs=[x]
            )
        x = draw.normal(2, 3, 4, requires_grad=True)
        yield case("start_dim left out", name="Flatten", options={}, weights={}, inputs=[x])


class FlattenOfNothing(Applied, Check):
    """Flatten knows the size of the new dimension also when there is no element to count."""

    part = "Flatten"
    calls = "Flatten(start_dim)(x)"

    def cases(self, draw: Draw):
        for start, shape in ((1, (0, 3, 4)), (1, (2, 0, 4)), (2, (0, 3, 4, 5))):
            x = draw.normal(*shape, requires_grad=True)
            yield case(
                f"start_dim {start}, x {shape}", name="Flatten", options={"start_dim": start}, weights={}, inputs=[x]
            )


class FlattenTransposed(Check):
    """Flatten works on a transposed x, whose elements are out of order in memory."""

    part = "Flatten"
    calls = "Flatten()(x transposed)"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, 2))

    def probe(self, solution, x):
        return solution.Flatten()(x.permute(2, 1, 0))


class FlattenMovesAndCopies(MovesAndCopies, Check):
    """Flatten goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Flatten"
    calls = "Flatten()"


class EmbeddingRegisters(Registered, Check):
    """Embedding registers `weight` (V, D), and nothing else."""

    part = "Embedding"
    calls = "Embedding(7, 5, padding_idx=2): named_parameters(), named_buffers(), state_dict()"


class EmbeddingLooksUp(Applied, Check):
    """Embedding gives row index[...] for an index of any shape; gradients of equal indices add up."""

    part = "Embedding"
    calls = "Embedding(7, 3)(index)"

    def cases(self, draw: Draw):
        for label, index in (
            ("a vector", draw.integers(0, 7, 4)),
            ("a table", draw.integers(0, 7, 2, 5)),
            ("three dimensions", draw.integers(0, 7, 2, 3, 2)),
            ("one number", draw.integers(0, 7, 1)[0]),
            ("no index", draw.integers(0, 7, 0)),
            ("the same row five times", torch.full((5,), draw.integer(0, 6))),
        ):
            yield case(
                label,
                name="Embedding",
                options={"num_embeddings": 7, "dim": 3},
                weights={"weight": draw.normal(7, 3)},
                inputs=[index],
            )


class EmbeddingPadding(Check):
    """The row of padding_idx is zero at the start, gets no gradient, and is zero after an optimiser step."""

    part = "Embedding"
    calls = "Embedding(7, 3, padding_idx)(index), backward, then a step of SGD"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for padding in (0, 4, -1, -3):
            yield case(f"padding_idx {padding}", padding=padding, index=draw.shuffled([*range(7), 0, 4, 6, 1, 4]))

    def probe(self, solution, padding, index):
        made = solution.Embedding(7, 3, padding_idx=padding)
        index = torch.tensor(index)
        found = {"start": made.weight[padding].detach().clone(), "others": made.weight.detach().clone()}
        (made(index) * torch.arange(1.0, 4.0)).sum().backward()
        found["gradient"] = torch.zeros(7, 3) if made.weight.grad is None else made.weight.grad.clone()
        with torch.no_grad():
            for value in made.parameters():
                value.sub_(0.5 * value.grad)
        return {**found, "after": made.weight[padding].detach().clone(), "output": made(torch.tensor([padding % 7]))}

    def verify(self, case, got, want):
        row = case["padding"] % 7
        for what, value in (
            ("starts as", got["start"]),
            ("has the gradient", got["gradient"][row]),
            ("after a step is", got["after"]),
            ("is looked up as", got["output"]),
        ):
            shown = [round(float(number), 4) for number in value.flatten()]
            expect(not any(shown), f"row {row} of the table, the padding, {what} {shown}; expected zeros")
        for index in range(7):
            if index == row:
                continue
            count = case["index"].count(index)
            wanted = [1.0 * count, 2.0 * count, 3.0 * count]
            found = got["gradient"][index].tolist()
            expect(found == wanted, f"row {index} occurs {count} times and has gradient {found}, expected {wanted}")
            expect(bool(got["others"][index].any()), f"row {index} starts as zeros; only the padding does")


class EmbeddingStartsNormal(Check):
    """The table starts standard normal, in every row but the padding."""

    part = "Embedding"
    calls = "Embedding(200, 50).weight"
    compare = False
    battery = False
    confirm = 2

    def cases(self, draw: Draw):
        yield case("without padding", padding=None)
        yield case("padding_idx 7", padding=7)

    def probe(self, solution, padding):
        return solution.Embedding(200, 50, padding_idx=padding).weight.detach()

    def verify(self, case, got, want):
        rows = [index for index in range(len(got)) if index != case["padding"]]
        values = got[rows].double()
        expect(bool(values.any(1).all()), "a row that is not the padding starts as zeros")
        # 9,950 numbers or more: mean and mean square stray by 0.01 and 0.014; six of those twice is a chance below 1e-16
        mean, square = float(values.mean()), float(values.square().mean())
        expect(abs(mean) < 0.061, f"the mean of the table is {mean:.3f}; standard normal draws have 0")
        expect(abs(square - 1) < 0.086, f"the mean square of the table is {square:.3f}; standard normal draws have 1")


class EmbeddingMovesAndCopies(MovesAndCopies, Check):
    """Embedding goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Embedding"
    calls = "Embedding(7, 5, padding_idx=2)"


class BilinearRegisters(Registered, Check):
    """Bilinear registers `weight` (O, I, J) and `bias` (O,), and nothing else."""

    part = "Bilinear"
    calls = "Bilinear(5, 4, 3): named_parameters(), named_buffers(), state_dict()"


class BilinearForm(Applied, Check):
    """Output o of Bilinear is a^T weight[o] b + bias[o], for any leading dimensions."""

    part = "Bilinear"
    calls = "Bilinear(I, J, O)(a, b)"

    def cases(self, draw: Draw):
        for lead, i, j, o in (((4,), 3, 5, 2), ((), 3, 5, 2), ((2, 3), 4, 4, 4), ((0,), 3, 5, 2), ((3,), 1, 2, 1)):
            yield case(
                f"a {(*lead, i)}, b {(*lead, j)}, O = {o}",
                name="Bilinear",
                options={"in1_features": i, "in2_features": j, "out_features": o},
                weights={"weight": draw.normal(o, i, j), "bias": draw.normal(o, mean=3.0)},
                inputs=[draw.normal(*lead, i, requires_grad=True), draw.normal(*lead, j, requires_grad=True)],
            )


class BilinearStartsInRange(Check):
    """weight and bias start uniform within 1 / sqrt(in1_features)."""

    part = "Bilinear"
    calls = "Bilinear(30, 20, 200)"
    compare = False
    battery = False
    confirm = 2

    def probe(self, solution):
        made = solution.Bilinear(30, 20, 200)
        return {"weight": made.weight.detach(), "bias": made.bias.detach()}

    def verify(self, case, got, want):
        bound = 30**-0.5
        for name, values in got.items():
            most, square = float(values.abs().max()), float((values / bound).double().square().mean())
            expect(
                most <= bound * 1.0001,
                f"the largest |{name}| is {most:.4f}, expected at most 1 / sqrt(30) = {bound:.4f}",
            )
            # Uniform draws: mean square 1/3 of the bound's, deviation (4/45 / n)^(1/2); six of them twice: below 1e-16
            room = 6 * (4 / 45 / values.numel()) ** 0.5
            expect(
                abs(square - 1 / 3) < room,
                f"the mean square of {name} is {square:.3f} of the bound's square, expected 1/3, give or take {room:.3f}",
            )


class BilinearMovesAndCopies(MovesAndCopies, Check):
    """Bilinear goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Bilinear"
    calls = "Bilinear(5, 4, 3)"


class MaxoutRegisters(Registered, Check):
    """Maxout registers `linear`, with O * k rows, and nothing else."""

    part = "Maxout"
    calls = "Maxout(5, 3, 2): named_parameters(), named_buffers(), state_dict()"


class MaxoutTakesTheLargest(Applied, Check):
    """Output o of Maxout is the largest of rows o * k to o * k + k - 1 of its linear layer."""

    part = "Maxout"
    calls = "Maxout(in_features, out_features, pieces)(x)"

    def cases(self, draw: Draw):
        for lead, o, k in (((4,), 3, 2), ((4,), 3, 3), ((), 2, 5), ((2, 3), 3, 1), ((4,), 1, 3), ((0,), 3, 2)):
            yield case(
                f"x {(*lead, 4)}, O = {o}, k = {k}",
                name="Maxout",
                options={"in_features": 4, "out_features": o, "pieces": k},
                weights={"linear.weight": draw.normal(o * k, 4), "linear.bias": draw.normal(o * k)},
                inputs=[draw.normal(*lead, 4, requires_grad=True)],
            )


class MaxoutMovesAndCopies(MovesAndCopies, Check):
    """Maxout goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Maxout"
    calls = "Maxout(5, 3, 2)"


class ConcatRegisters(Registered, Check):
    """Concat registers what the branches register, below branches.0, branches.1, ..., and nothing else."""

    part = "Concat"
    calls = "Concat([nn.Linear(5, 3), nn.Sequential(nn.Linear(5, 2), nn.Dropout(0.5))]): named_parameters(), named_buffers(), state_dict()"


class ConcatJoins(Check):
    """Concat runs every branch on the same x and joins the results along dim."""

    part = "Concat"
    calls = "Concat(branches, dim)(x)"

    def cases(self, draw: Draw):
        for dim, shape in ((-1, (4, 5)), (1, (4, 5)), (-1, (2, 3, 5)), (-1, (5,)), (-1, (0, 5))):
            yield case(f"dim {dim}, x {shape}", dim=dim, x=draw.normal(*shape, requires_grad=True), one=False)
        yield case("dim 0, x (4, 5)", dim=0, x=draw.normal(4, 5, requires_grad=True), one=False)
        yield case("a single branch", dim=-1, x=draw.normal(4, 5, requires_grad=True), one=True)

    def probe(self, solution, dim, x, one):
        parts = [nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 5 if dim == 0 else 2)][: 1 if one else 3]
        made = solution.Concat(parts, dim=dim).to(x.dtype)
        with torch.no_grad():
            for index, value in enumerate(made.parameters()):
                value.copy_(torch.sin(torch.arange(1.0, value.numel() + 1) * (index + 1)).reshape(value.shape))
        output = made(x)
        return {"output": output, **parameter_gradients(output, made, x=x)}


class ConcatMovesAndCopies(MovesAndCopies, Check):
    """Concat goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Concat"
    calls = "Concat([nn.Linear(5, 3), nn.Sequential(nn.Linear(5, 2), nn.Dropout(0.5))])"


class RunningNormRegisters(Registered, Check):
    """RunningNorm registers the buffer `mean` (D,) and no parameter, and nothing else."""

    part = "RunningNorm"
    calls = "RunningNorm(5): named_parameters(), named_buffers(), state_dict()"


class RunningNormInTraining(Check):
    """In training mode the mean moves by the momentum rule, over all leading dimensions, and is then subtracted."""

    part = "RunningNorm"
    calls = "RunningNorm(3, momentum): train(), forward on one x after the other"

    def cases(self, draw: Draw):
        for momentum, lead in ((0.1, (5,)), (0.3, (2, 4)), (1.0, (5,)), (0.0, (5,)), (0.25, ()), (0.25, (1,))):
            yield case(
                f"momentum {momentum}, x {(*lead, 3)}",
                momentum=momentum,
                inputs=[draw.normal(*lead, 3, mean=4.0) for _ in range(3)],
            )

    def probe(self, solution, momentum, inputs):
        made = solution.RunningNorm(3, momentum=momentum).to(inputs[0].dtype).train()
        outputs = [made(x) for x in inputs]
        return {"outputs": outputs, "mean": made.mean}


class RunningNormInEvaluation(Check):
    """In evaluation mode the stored mean is subtracted and nothing changes."""

    part = "RunningNorm"
    calls = "RunningNorm(3): one forward in training, then two in evaluation"

    def cases(self, draw: Draw):
        yield dict(seen=draw.normal(5, 3, mean=4.0), x=draw.normal(4, 3, mean=-9.0))

    def probe(self, solution, seen, x):
        made = solution.RunningNorm(3).to(x.dtype).train()
        made(seen)
        made.eval()
        return {"first": made(x), "second": made(x), "mean": made.mean}


class RunningNormBuildsNoGraph(Check):
    """The mean is a constant: it never requires grad, and each backward goes through its own x only."""

    part = "RunningNorm"
    calls = "RunningNorm(3): three training steps with backward"
    compare = False

    def cases(self, draw: Draw):
        yield dict(inputs=[draw.normal(4, 3, mean=2.0, requires_grad=True) for _ in range(3)])

    def probe(self, solution, inputs):
        made = solution.RunningNorm(3).to(inputs[0].dtype).train()
        found = {"requires grad": False, "gradients": []}
        for x in inputs:
            output = made(x * 1.0)
            found["requires grad"] = found["requires grad"] or made.mean.requires_grad
            found["gradients"].append(torch.autograd.grad(output.sum(), x)[0])
        return found

    def verify(self, case, got, want):
        expect(not got["requires grad"], "mean requires grad after a training step: it carries the graph of all steps")
        for number, gradient in enumerate(got["gradients"], 1):
            far = float((gradient - 1).abs().max())
            expect(
                far < 1e-6,
                f"step {number}: the gradient of sum(x - mean) is off 1 by {far:.3g}; the mean counts as a constant",
            )


class RunningNormOfNoRows(Check):
    """An x with no rows changes nothing in training mode."""

    part = "RunningNorm"
    calls = "RunningNorm(3): an ordinary x, an empty one, then the mean"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3), empty=draw.normal(0, 3))
        yield case("x (2, 0, 3)", x=draw.normal(5, 3), empty=draw.normal(2, 0, 3))

    def probe(self, solution, x, empty):
        made = solution.RunningNorm(3).to(x.dtype).train()
        made(x)
        return {"output": made(empty), "mean": made.mean}


class RunningNormIsSaved(Check):
    """A saved mean comes back by load_state_dict and is what evaluation subtracts."""

    part = "RunningNorm"
    calls = "fresh.load_state_dict(seen.state_dict()), then forward in evaluation"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3, mean=4.0))

    def probe(self, solution, x):
        first, fresh = (solution.RunningNorm(3).to(x.dtype) for _ in range(2))
        first.train()(x)
        fresh.load_state_dict({key: value.clone() for key, value in first.state_dict().items()})
        return fresh.eval()(x)


class RunningNormMovesAndCopies(MovesAndCopies, Check):
    """RunningNorm goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "RunningNorm"
    calls = "RunningNorm(5)"


class GateRegisters(Registered, Check):
    """Gate registers `linear`, from 2D to D, and nothing else."""

    part = "Gate"
    calls = "Gate(5): named_parameters(), named_buffers(), state_dict()"


class GateMixes(Applied, Check):
    """Gate gives g a + (1 - g) b with g = sigmoid of its linear layer on [a, b]."""

    part = "Gate"
    calls = "Gate(dim)(a, b)"

    def cases(self, draw: Draw):
        for lead in ((4,), (2, 3), (), (0,)):
            yield case(
                f"a, b {(*lead, 5)}",
                name="Gate",
                options={"dim": 5},
                weights={"linear.weight": draw.normal(5, 10), "linear.bias": draw.normal(5)},
                inputs=[draw.normal(*lead, 5, requires_grad=True), draw.normal(*lead, 5, requires_grad=True)],
            )


class GateMovesAndCopies(MovesAndCopies, Check):
    """Gate goes to float64 and into evaluation mode with all its parts, has a repr, and copies share nothing."""

    part = "Gate"
    calls = "Gate(5)"
