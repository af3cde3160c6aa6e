"""Hidden checks of modules/module-review."""

import copy
import gc
import weakref
import zlib

import torch

from leveling.checks import Check, Draw, Workload, case, expect, parameter_gradients, raised

HEADS = {"topic": 5, "mood": 3}
NAMES = {
    "unregistered-layers",
    "one-layer-n-times",
    "tied-by-copy",
    "layer-made-in-forward",
    "module-as-default-argument",
    "dropout-ignores-the-mode",
    "constant-stays-behind",
    "writes-to-its-input",
    "keeps-activations",
}
DEPTH, VOCAB, DIM = 3, 11, 8


def built(solution, **options):
    """A model of 11 tokens, width 8, three blocks, two heads."""
    return solution.Model(VOCAB, DIM, DEPTH, HEADS, **options)


def filled(model, dtype=torch.float32):
    """Values that depend on each parameter's name alone."""
    model = model.to(dtype)
    with torch.no_grad():
        for name, value in model.named_parameters():
            start = zlib.crc32(name.encode()) % 1000 / 100
            numbers = torch.arange(value.numel(), dtype=torch.float64)
            value.copy_((0.4 * torch.sin(start + 1.618 * numbers)).reshape(value.shape))
    return model


def expected_keys():
    """The keys of state_dict."""
    blocks = [
        f"blocks.{n}.{part}" for n in range(DEPTH) for part in ("activation.weight", "linear.bias", "linear.weight")
    ]
    heads = [f"heads.{name}.{part}" for name in HEADS for part in ("bias", "weight")]
    return sorted(["embed.weight", "out.weight", "project.bias", "project.weight", *blocks, *heads])


class EverythingIsRegistered(Check):
    """state_dict has the embedding, all blocks, the projection, the output and all heads, and nothing else."""

    calls = "Model(11, 8, 3, heads).state_dict(), before any forward"
    compare = False

    def probe(self, solution):
        return sorted(built(solution).state_dict())

    def verify(self, case, got, want):
        missing = [key for key in expected_keys() if key not in got]
        extra = [key for key in got if key not in expected_keys()]
        expect(not missing, f"state_dict() lacks {', '.join(missing)}: nn.Module has not seen what holds them")
        expect(not extra, f"state_dict() holds {', '.join(extra)}, which nobody needs to save")


class BlocksAreDistinct(Check):
    """Each block has a linear layer and an activation of its own."""

    calls = "Model(11, 8, 3, heads).blocks"
    compare = False

    def probe(self, solution):
        blocks = list(built(solution).blocks)
        return {
            "linear weights": len({id(block.linear.weight) for block in blocks}),
            "activations": len({id(block.activation) for block in blocks}),
            "blocks": len({id(block) for block in blocks}),
        }

    def verify(self, case, got, want):
        for what, count in got.items():
            expect(count == DEPTH, f"the {DEPTH} blocks hold {count} different {what}")


class ModelsShareNothing(Check):
    """Two models have no module and no parameter in common."""

    calls = "Model(...) twice"
    compare = False

    def probe(self, solution):
        first, second = built(solution), built(solution)
        others = {id(value) for value in second.parameters()} | {id(part) for part in second.modules()}
        return [name for name, value in [*first.named_parameters(), *first.named_modules()] if id(value) in others]

    def verify(self, case, got, want):
        expect(not got, f"the first model's {', '.join(got)} also belongs to the second")


class WeightsAreTied(Check):
    """embed.weight and out.weight are one Parameter, also after deepcopy, after loading and after a step."""

    calls = "Model(...): embed.weight is out.weight"
    compare = False

    def cases(self, draw: Draw):
        yield dict(tokens=draw.integers(0, VOCAB, 2, 5))

    def probe(self, solution, tokens):
        model, other = built(solution), built(solution)
        copied = copy.deepcopy(model)
        trouble = raised(other.load_state_dict, {key: value.clone() for key, value in model.state_dict().items()})
        stepped = copy.deepcopy(model)
        stepped(tokens)["next"].square().mean().backward()
        with torch.no_grad():
            for value in stepped.parameters():
                value.sub_(0.1 * value.grad if value.grad is not None else 0.0)
        models = {
            "at the start": model,
            "after deepcopy": copied,
            "after load_state_dict": other,
            "after a step": stepped,
        }
        return {"loading": trouble, **{when: each.embed.weight is each.out.weight for when, each in models.items()}}

    def verify(self, case, got, want):
        expect(got["loading"]["raised"] == "nothing", f"load_state_dict raised {got['loading']['message']}")
        for when in ("at the start", "after deepcopy", "after load_state_dict", "after a step"):
            expect(got[when], f"{when}, embed.weight and out.weight are two Parameters")


class DropoutFollowsTheMode(Check):
    """train() drops the given share in the blocks, 0.1 when it is left out; eval() drops nothing."""

    calls = "Model(..., dropout=rate): a block in training and in evaluation mode"
    compare = False
    confirm = 2

    def cases(self, draw: Draw):
        yield case("dropout 0.5", rate=0.5)
        yield case("dropout left out: 0.1", rate=None)

    def probe(self, solution, rate):
        model = built(solution) if rate is None else built(solution, dropout=rate)
        block = model.blocks[1]
        with torch.no_grad():
            block.linear.weight.zero_()
            block.linear.bias.fill_(1.0)
            x = torch.zeros(1600, DIM)
            return {"train": model.train().blocks[1](x), "eval": model.eval().blocks[1](x)}

    def verify(self, case, got, want):
        changed = int((got["eval"] != 1).sum())
        expect(changed == 0, f"eval() changes {changed} of {got['eval'].numel()} numbers; dropout must be off")
        rate, share = case["rate"] or 0.1, float((got["train"] == 0).float().mean())
        # 12,800 numbers: a deviation of at most 0.0045, so 0.03 is 6 of them, a chance below 1e-16 for two seeds
        expect(abs(share - rate) < 0.03, f"train() drops {share:.1%} of what a block adds, expected about {rate:.0%}")


class OutputsAgree(Check):
    """In evaluation mode outputs and the gradients of all parameters are those of the repaired model."""

    calls = "Model(...).eval()(tokens), then backward"

    def cases(self, draw: Draw):
        for shape in ((2, 5), (1, 1), (3, 64), (0, 4)):
            tokens = draw.integers(0, VOCAB, *shape)
            yield case(f"tokens {shape}", tokens=tokens, like=draw.normal(1))

    def probe(self, solution, tokens, like):
        model = filled(built(solution), like.dtype).eval()
        output = model(tokens)
        values = {name: output[name] for name in ("next", *HEADS)}
        return {**values, **dict(sorted(parameter_gradients(values, model).items()))}


class SameAgain(Check):
    """Calling the model changes nothing about it: no new parameters, the same values, the same answer."""

    calls = "Model(...).eval()(tokens) twice"
    compare = False

    def cases(self, draw: Draw):
        yield dict(tokens=draw.integers(0, VOCAB, 2, 5))

    def probe(self, solution, tokens):
        model = built(solution).eval()
        before = {name: value.detach().clone() for name, value in model.named_parameters()}
        first, second = model(tokens)["next"], model(tokens)["next"]
        after = dict(model.named_parameters())
        same = before.keys() == after.keys() and all(after[name].equal(value) for name, value in before.items())
        return {"same parameters": same, "same answer": first.equal(second)}

    def verify(self, case, got, want):
        expect(got["same parameters"], "forward adds or changes parameters")
        expect(got["same answer"], "in evaluation mode two calls with the same tokens differ")


class MovesAsAWhole(Check):
    """The model works in float64 and on the meta device, where every tensor it uses must have gone along."""

    calls = "Model(...).to('meta')(tokens), Model(...).double()(tokens)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(tokens=draw.integers(0, VOCAB, 2, 5))

    def probe(self, solution, tokens):
        double = built(solution).double().eval()
        moved = built(solution).to("meta").eval()
        there = raised(lambda: moved(tokens.to("meta")))
        held = {name: list(value.shape) for name, value in double.named_buffers()}
        return {"float64": str(double(tokens)["next"].dtype), "buffers": held, "meta": there}

    def verify(self, case, got, want):
        expect(got["float64"] == "torch.float64", f"after .double() the logits are {got['float64']}")
        expect(
            got["meta"]["raised"] == "nothing",
            f"on the meta device forward raised {got['meta']['raised']}: {got['meta']['message'][:200]}",
        )
        expect("positions" in got["buffers"], f"named_buffers() lists {list(got['buffers'])}, without positions")
        shape = got["buffers"]["positions"]
        expect(shape == [64, DIM], f"positions has shape {tuple(shape)}, expected (longest, dim) = (64, {DIM})")


class TokensStayAsTheyAre(Check):
    """Unknown tokens are read as token 0, and the caller's tensor keeps them."""

    calls = "Model(...).eval()(tokens with unknown ones)"

    def cases(self, draw: Draw):
        tokens = draw.integers(0, VOCAB, 2, 6)
        tokens[0, 2], tokens[1, 4] = VOCAB, VOCAB + draw.integer(1, 50)
        yield dict(tokens=tokens, like=draw.normal(1))

    def probe(self, solution, tokens, like):
        return filled(built(solution), like.dtype).eval()(tokens)["next"]


class NothingIsKept(Check):
    """When a call is over, nothing that flowed through the model is alive."""

    calls = "Model(...)(tokens) three times"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(tokens=draw.integers(0, VOCAB, 2, 5))

    def probe(self, solution, tokens):
        model, seen = built(solution), []

        def note(part, inputs, output):
            seen.append(weakref.ref(output))

        for part in (*model.blocks, model.project, model.embed):
            part.register_forward_hook(note)
        for _ in range(3):
            model(tokens)
        gc.collect()
        return {"alive": sum(reference() is not None for reference in seen), "of": len(seen)}

    def verify(self, case, got, want):
        expect(got["alive"] == 0, f"{got['alive']} of {got['of']} activations are still alive after three calls")


class FaultsAreNamed(Check):
    """faults() names at least eight of the nine kinds, and none that is not there."""

    part = "faults"
    calls = "faults()"
    compare = False
    truth = False
    battery = False

    def probe(self, solution):
        return list(solution.faults())

    def verify(self, case, got, want):
        strange = sorted(set(got) - NAMES)
        expect(not strange, f"faults() names {', '.join(map(str, strange))}, which the code does not have")
        found = len(set(got) & NAMES)
        expect(
            found >= len(NAMES) - 1, f"faults() names {found} of the {len(NAMES)} kinds; name at least {len(NAMES) - 1}"
        )


class Parameters(Workload):
    """Model(50, 16, 4, heads): the numbers that it learns."""

    calls = "Model(50, 16, 4, heads).parameters()"

    def probe(self, solution):
        return sum(value.numel() for value in solution.Model(50, 16, 4, HEADS).parameters())


class HundredCalls(Workload):
    """One call, then a hundred, on 32 sequences of 64 tokens: activations of half a MiB each."""

    calls = "Model(50, 64, 4, heads)(tokens), tokens (32, 64), once and a hundred times"

    def cases(self, draw: Draw):
        for calls in (1, 100):
            yield case(f"{calls} calls", tokens=draw.integers(0, 50, 32, 64), calls=calls)

    def warm_up(self, draw: Draw):
        return dict(tokens=draw.integers(0, 50, 2, 3), calls=1)

    def probe(self, solution, tokens, calls):
        model = solution.Model(50, 64, 4, HEADS).eval()
        with torch.no_grad():
            for _ in range(calls):
                found = model(tokens)
        return found["topic"]
