"""Hidden checks of modules/grouped-experts."""

import torch
from torch import nn
from torch.utils.flop_counter import flop_registry, register_flop_formula

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, kind_raised, parameter_gradients

CALL = "GroupedExperts(E, D, H)(x, expert_ids, weights)"
NEAR = Tolerance(relative=1e-4, absolute=1e-5)
HALF = Tolerance(relative=2e-2, absolute=2e-2)


def count_grouped_products():
    """Have torch's FLOP counter see torch.nn.functional.grouped_mm, for which it counts nothing."""
    grouped = getattr(torch.ops.aten, "_grouped_mm", None)
    if grouped is not None and grouped not in flop_registry:
        # rows (M, I) in groups, matrices (E, I, O): every row meets one of them
        register_flop_formula(grouped)(lambda rows, matrices, *_, **__: 2 * rows[-2] * rows[-1] * matrices[-1])


def filled(solution, like, experts, hidden, activation="swiglu", dim=None):
    """A bank with fixed weights of moderate size, in the dtype and on the device of `like`."""
    bank = solution.GroupedExperts(experts, dim or like.shape[1], hidden, activation)
    with torch.no_grad():
        for index, (_, value) in enumerate(sorted(bank.named_parameters())):
            numbers = torch.arange(1, value.numel() + 1, dtype=torch.float64)
            wave = torch.sin((1.0 + 0.37 * index) * 1.618 * numbers).reshape(value.shape)
            value.copy_(2.0 * wave * value.shape[-1] ** -0.5)
    return bank.to(device=like.device, dtype=like.dtype)


def routed(draw, tokens, dim, experts, k, dtype=torch.float32, requires_grad=True):
    """Tokens, experts drawn without repetition in a row (as a router does), and weights that do not sum to 1."""
    ids = torch.stack([draw.permutation(experts)[:k] for _ in range(tokens)]) if tokens else torch.zeros(0, k).long()
    return {
        "x": draw.normal(tokens, dim, dtype=dtype, requires_grad=requires_grad),
        "expert_ids": ids,
        "weights": draw.uniform(tokens, k, low=0.1, high=0.9, requires_grad=requires_grad),
    }


class Registers(Check):
    """The bank registers `gate` and `up` (E, H, D) and `down` (E, D, H), and nothing else."""

    calls = "GroupedExperts(E, D, H).state_dict()"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        dim, hidden, experts = draw.distinct(2, 9, 3)
        yield case(f"E = {experts}, D = {dim}, H = {hidden}", experts=experts, dim=dim, hidden=hidden)
        yield case("one expert", experts=1, dim=dim, hidden=hidden)

    def probe(self, solution, experts, dim, hidden):
        bank = solution.GroupedExperts(experts, dim, hidden)
        return {
            "state_dict()": {name: tuple(value.shape) for name, value in sorted(bank.state_dict().items())},
            "parameters": sorted(name for name, _ in bank.named_parameters()),
        }


class Expert(nn.Module):
    """One gated MLP, as a bank replaces many of it."""

    def __init__(self, dim, hidden):
        super().__init__()
        self.gate = nn.Linear(dim, hidden, bias=False)
        self.up = nn.Linear(dim, hidden, bias=False)
        self.down = nn.Linear(hidden, dim, bias=False)

    def forward(self, x):
        return self.down(nn.functional.silu(self.gate(x)) * self.up(x))


class EqualsTheLoop(Check):
    """The bank equals a loop over tokens and their experts, a ModuleList whose weights were stacked; k = 1, 2 and 8."""

    calls = CALL
    tolerance = NEAR

    def cases(self, draw: Draw):
        for k, experts, tokens in ((1, 4, 11), (2, 5, 13), (8, 9, 7), (3, 3, 6)):
            inputs = routed(draw, tokens, 6, experts, k, requires_grad=False)
            order = draw.permutation(experts)  # nearly even loads: uneven ones are the next check's
            inputs["expert_ids"] = order[torch.arange(tokens * k).reshape(tokens, k) % experts]
            wide = [draw.normal(experts, 7, 6, std=0.5), draw.normal(experts, 7, 6, std=0.5)]
            yield case(f"k = {k}, E = {experts}", **inputs, stacks=[*wide, draw.normal(experts, 6, 7, std=0.5)])

    def probe(self, solution, x, expert_ids, weights, stacks):
        experts, hidden, dim = stacks[0].shape
        bank = solution.GroupedExperts(experts, dim, hidden).to(x.dtype)
        bank.load_state_dict(dict(zip(("gate", "up", "down"), stacks, strict=True)))
        return bank(x, expert_ids, weights)

    def verify(self, case, got, want):
        experts = nn.ModuleList(Expert(6, 7) for _ in range(len(case["stacks"][0])))
        with torch.no_grad():
            for index, expert in enumerate(experts):
                for part, stack in zip((expert.gate, expert.up, expert.down), case["stacks"], strict=True):
                    part.weight.copy_(stack[index])
            for n, x in enumerate(case["x"]):
                pairs = zip(case["expert_ids"][n], case["weights"][n], strict=True)
                off = float((sum(weight * experts[e](x) for e, weight in pairs) - got[n].float()).abs().max())
                expect(off < 1e-3, f"token {n} is {off:.3g} away from the loop's answer")


class UnevenLoads(Check):
    """All tokens on one expert, experts without a token, one token, one expert: nobody is dropped."""

    calls = CALL
    tolerance = NEAR

    def cases(self, draw: Draw):
        busy = draw.integer(0, 4)
        for label, tokens, ids in (
            ("all on one expert of 6", 40, [[busy]] * 40),
            ("all but one token on one expert", 37, [[busy]] * 36 + [[(busy + 1) % 6]]),
            ("only the first and last expert have tokens", 9, [[0, 5], [5, 0], [5, 0]] * 3),
            ("one token", 1, [[busy]]),
        ):
            inputs = routed(draw, tokens, 5, 6, len(ids[0]), requires_grad=False)
            yield case(label, **inputs | {"expert_ids": torch.tensor(ids)}, experts=6)
        yield case("one expert", **routed(draw, 8, 5, 1, 1, requires_grad=False), experts=1)

    def probe(self, solution, x, expert_ids, weights, experts):
        return filled(solution, x, experts, 7)(x, expert_ids, weights)


class TheSameExpertTwice(Check):
    """An expert that occurs twice in a row counts twice, with both weights."""

    calls = CALL
    tolerance = NEAR

    def cases(self, draw: Draw):
        ids = draw.integers(0, 3, 9, 3)
        ids[0], ids[1] = 2, torch.tensor([1, 0, 1])
        yield dict(**routed(draw, 9, 5, 3, 3, requires_grad=False) | {"expert_ids": ids})

    def probe(self, solution, x, expert_ids, weights):
        return filled(solution, x, 3, 4)(x, expert_ids, weights)


class WeightsAsTheyCome(Check):
    """Weights may be negative, zero and larger than 1, and need not sum to 1."""

    calls = CALL
    tolerance = NEAR

    def cases(self, draw: Draw):
        inputs = routed(draw, 8, 5, 4, 2, requires_grad=False)
        weights = draw.normal(8, 2, std=3.0)
        weights[3] = 0
        yield dict(**inputs | {"weights": weights})

    def probe(self, solution, x, expert_ids, weights):
        return filled(solution, x, 4, 6)(x, expert_ids, weights)


class GradientsMatch(Check):
    """Gradients reach x, the weights and all three stacks; an expert without a token gets zeros, not None."""

    calls = f"{CALL}, then backward"
    tolerance = NEAR

    def cases(self, draw: Draw):
        yield case("k = 2", **routed(draw, 12, 5, 4, 2))
        inputs = routed(draw, 9, 5, 4, 2)
        yield case("experts 0 and 2 idle", **inputs | {"expert_ids": torch.tensor([[1, 3], [3, 1], [3, 3]] * 3)})
        yield case("k = 1, one token", **routed(draw, 1, 5, 4, 1))

    def probe(self, solution, x, expert_ids, weights):
        bank = filled(solution, x, 4, 6)
        output = bank(x, expert_ids, weights)
        return {"output": output, **dict(sorted(parameter_gradients(output, bank, x=x, weights=weights).items()))}


class NoTokens(Check):
    """N = 0 gives (0, D), and every parameter a gradient of zeros."""

    calls = f"{CALL} with N = 0, then backward"
    tolerance = NEAR

    def cases(self, draw: Draw):
        yield case("k = 2", **routed(draw, 0, 5, 4, 2))

    def probe(self, solution, x, expert_ids, weights):
        bank = filled(solution, x, 4, 6)
        output = bank(x, expert_ids, weights)
        return {"output": output, **dict(sorted(parameter_gradients(output, bank, x=x, weights=weights).items()))}


class OtherActivations(Check):
    """swiglu gates with silu, geglu with gelu; another name raises ValueError."""

    calls = "GroupedExperts(E, D, H, activation)(x, expert_ids, weights)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        for activation in ("swiglu", "geglu"):
            yield case(activation, **routed(draw, 7, 5, 3, 2, requires_grad=False), activation=activation)

    def probe(self, solution, x, expert_ids, weights, activation):
        output = filled(solution, x, 3, 6, activation)(x, expert_ids, weights)
        return {"output": output, "relu": kind_raised(ValueError, solution.GroupedExperts, 3, 5, 6, "relu")}


class OrderDoesNotMatter(Check):
    """Tokens in another order get the same results in that order; two runs of the same call agree bit for bit."""

    calls = f"{CALL} twice, and with the tokens permuted"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(**routed(draw, 40, 6, 5, 3, requires_grad=False), order=draw.permutation(40))

    def probe(self, solution, x, expert_ids, weights, order):
        bank = filled(solution, x, 5, 7)
        torch.use_deterministic_algorithms(True)
        try:
            runs = []
            for _ in range(2):
                bank.zero_grad()
                output = bank(x, expert_ids, weights)
                output.square().sum().backward()
                runs.append([output.detach(), bank.gate.grad, bank.up.grad, bank.down.grad])
            moved = bank(x[order], expert_ids[order], weights[order]).detach()
        finally:
            torch.use_deterministic_algorithms(False)
        return {"moved": moved, "kept": runs[0][0][order], "equal": [a.equal(b) for a, b in zip(*runs, strict=True)]}

    def verify(self, case, got, want):
        off = float((got["moved"] - got["kept"]).abs().max())
        expect(off < 1e-4, f"with the tokens in another order results differ by {off:.3g}")
        expect(all(got["equal"]), "two runs of the same call, forward and backward, differ in their bits")


class Bfloat16(Check):
    """bfloat16 in, bfloat16 out, within 2e-2 of the exact result; weights may be float32, and get their gradient in it."""

    calls = f"{CALL} in bfloat16"
    tolerance = HALF

    def cases(self, draw: Draw):
        for k in (1, 2, 8):
            inputs = routed(draw, 19, 6, 9, k, dtype=torch.bfloat16)
            yield case(f"k = {k}, weights in float32", **inputs)
        weights = draw.uniform(19, 2, low=0.1, high=0.9, dtype=torch.bfloat16, requires_grad=True)
        inputs = routed(draw, 19, 6, 9, 2, dtype=torch.bfloat16) | {"weights": weights}
        yield case("k = 2, weights in bfloat16", **inputs)

    def probe(self, solution, x, expert_ids, weights):
        bank = filled(solution, x, 9, 7).bfloat16().to(x.dtype)  # the same matrices when the exact result is computed
        with torch.no_grad():
            for value in bank.parameters():
                value.mul_(0.5)  # results of 0.5: rounding of bfloat16 then strays by 8e-3 at most
        output = bank(x, expert_ids, weights)
        (gradient,) = torch.autograd.grad(output.float().sum(), weights)
        return {"output": output, "gradient of weights": gradient}


class Starts(Check):
    """Every expert starts as three nn.Linear of its size: uniform within 1 / sqrt(inputs)."""

    calls = "GroupedExperts(E, D, H), fresh"
    compare = False
    battery = False
    confirm = 2

    def cases(self, draw: Draw):
        yield dict(sizes=[draw.integer(3, 5), draw.integer(30, 40), draw.integer(50, 70)])

    def probe(self, solution, sizes):
        bank = solution.GroupedExperts(*sizes)
        return {name: value.detach() for name, value in bank.named_parameters()}

    def verify(self, case, got, want):
        _, dim, hidden = case["sizes"]
        for name, inputs in (("gate", dim), ("up", dim), ("down", hidden)):
            for index, matrix in enumerate(got[name]):
                low, high = float(matrix.min()) * inputs**0.5, float(matrix.max()) * inputs**0.5
                # 1500 uniform numbers, none in the outermost 2 percent of a side: 1e-13
                expect(
                    -1.001 <= low < -0.96 and 0.96 < high <= 1.001,
                    f"{name}[{index}] runs from {low:.3f} to {high:.3f} in units of 1 / sqrt({inputs}), expected -1 to 1",
                )
            spread = float(got[name].double().std()) * (3 * inputs) ** 0.5
            expect(0.9 < spread < 1.1, f"{name} has {spread:.2f} x the deviation of a uniform distribution")


# ---- gates


def skewed(draw, tokens, dim, experts, k, **options):
    """Loads as routers make them: the busiest expert has about half of all entries."""
    inputs = routed(draw, 0, dim, experts, k)
    ids = (draw.uniform(tokens, k).pow(3.0) * experts).long().clamp(max=experts - 1)
    x, weights = draw.normal(tokens, dim, **options), draw.uniform(tokens, k, low=0.1, high=0.9, **options)
    return inputs | {"x": x, "expert_ids": ids, "weights": weights}


class SkewedLoads(Workload):
    """2,048 tokens, 2 of 16 experts each, the busiest with two fifths of all entries."""

    calls = f"{CALL} at N = 2048, k = 2, E = 16, D = 32, H = 64, skewed"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw, tokens: int = 2048):
        yield dict(**skewed(draw, tokens, 32, 16, 2), experts=16, hidden=64)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, tokens=5))

    def probe(self, solution, x, expert_ids, weights, experts, hidden):
        count_grouped_products()
        with torch.no_grad():
            return filled(solution, x, experts, hidden)(x, expert_ids, weights)


class TrainingStep(SkewedLoads):
    """3,000 tokens, 2 of 8 experts each, forward and backward."""

    seconds = 60.0
    calls = f"{CALL} at N = 3000, k = 2, E = 8, D = 64, H = 128, then backward"

    def cases(self, draw: Draw, tokens: int = 3000):
        yield dict(**skewed(draw, tokens, 64, 8, 2, requires_grad=True), experts=8, hidden=128)

    def probe(self, solution, x, expert_ids, weights, experts, hidden):
        x, weights = x.detach().requires_grad_(), weights.detach().requires_grad_()
        bank = filled(solution, x, experts, hidden)
        bank(x, expert_ids, weights).sum().backward()
        return x.grad[::7].clone(), weights.grad


class SmallStep(TrainingStep):
    """512 tokens, 2 of 4 experts each, forward and backward: tensors of 512 KiB."""

    calls = f"{CALL} at N = 512, k = 2, E = 4, D = 128, H = 128, then backward"

    def cases(self, draw: Draw, tokens: int = 512):
        yield dict(**skewed(draw, tokens, 128, 4, 2, requires_grad=True), experts=4, hidden=128)


class ManyExperts(SkewedLoads):
    """16,384 tokens in bfloat16, 2 of 64 experts each."""

    calls = f"{CALL} at N = 16384, k = 2, E = 64, D = 512, H = 1024 in bfloat16"
    tolerance = HALF

    def cases(self, draw: Draw, tokens: int = 16_384):
        yield dict(**skewed(draw, tokens, 512, 64, 2), experts=64, hidden=1024)

    def probe(self, solution, x, expert_ids, weights, experts, hidden):
        x = x.bfloat16()
        with torch.no_grad():
            return filled(solution, x, experts, hidden)(x, expert_ids, weights)


class EightOrSixtyFour(ManyExperts):
    """The same call with 8 and with 64 experts."""

    calls = f"{CALL} at N = 1024, E = 8 and 64, in bfloat16"

    def cases(self, draw: Draw, tokens: int = 1024):
        for experts in (8, 64):
            yield case(f"E = {experts}", **skewed(draw, tokens, 64, experts, 2), experts=experts, hidden=128)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, tokens=5)).inputs
