"""Hidden checks of modules/meta-device-loading."""

import math
from pathlib import Path

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters, raised

SAME = Tolerance(relative=1e-5, absolute=1e-6)
HALF = Tolerance(relative=2e-2, absolute=2e-2)


class Language(nn.Module):
    """Embedding, positions in a buffer that is not saved, a norm, and a head tied to the embedding."""

    def __init__(self, tie="after"):
        super().__init__()
        self.embed = nn.Embedding(11, 6)
        angle = torch.arange(9)[:, None] * 10.0 ** -torch.arange(6)
        self.register_buffer("positions", torch.sin(angle), persistent=False)
        self.norm = nn.LayerNorm(6)
        self.head = nn.Linear(6, 11, bias=False)
        if tie == "after":
            self.head.weight = self.embed.weight
        elif tie == "before":  # one parameter, handed to two owners that have not seen it yet
            shared = nn.Parameter(torch.randn(11, 6))
            self.embed.weight = shared
            self.head.weight = shared

    def forward(self, ids):
        return self.head(self.norm(self.embed(ids) + self.positions[: ids.shape[1]]))


class Image(nn.Module):
    """Convolutions with batch norm: saved buffers, one of them an integer, and a frozen layer."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.more = nn.Sequential(nn.Conv2d(4, 5, 3, padding=1), nn.BatchNorm2d(5), nn.GELU())
        self.head = nn.Linear(5, 7)
        self.body[0].weight.requires_grad_(False)

    def forward(self, x):
        return self.head(self.more(self.body(x)).mean((2, 3)))


class Sequence(nn.Module):
    """A recurrent network over token ids."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(13, 8)
        self.rnn = nn.GRU(8, 6, batch_first=True)
        self.head = nn.Linear(6, 13)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0])


class Shared(nn.Module):
    """Things under two names: a block, a parameter; and a parameter that __init__ draws itself."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(5, 5)
        self.again = self.first
        self.gain = nn.Parameter(torch.randn(5))
        self.twin = self.gain  # a tie within one owner
        self.register_buffer("scale", torch.linspace(0.5, 2.0, 5), persistent=False)
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.register_buffer("mask", torch.tensor([True, False, True, True, False]), persistent=False)

    def forward(self, x):
        return self.again(torch.relu(self.first(x))) * self.gain * self.twin * self.scale * self.mask


def perceptron():
    return nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.LayerNorm(12), nn.Linear(12, 12), nn.SiLU(), nn.Linear(12, 3))


FACTORIES = {
    "mlp": perceptron,
    "cnn": Image,
    "rnn": Sequence,
    "tied": Language,
    "tied before": lambda: Language("before"),
    "untied": lambda: Language("no"),
    "shared block": Shared,
    "double": lambda: perceptron().double(),
}
IDS = ("rnn", "tied", "tied before", "untied")


def inputs_for(draw, kind, rows=3):
    """A batch that the module takes."""
    if kind in IDS:
        return draw.integers(0, 11, rows, 7)
    if kind == "cnn":
        return draw.normal(rows, 3, 8, 6)
    return draw.normal(rows, 5 if kind == "shared block" else 6)


def finished(kind):
    """The eager module with fixed values, and buffers that training has moved."""
    model = fill_parameters(FACTORIES[kind](), scale=0.8)
    for name, buffer in model.named_buffers():
        if "running_var" in name:
            buffer.copy_(torch.linspace(0.5, 2.0, len(buffer)))
        elif "running_mean" in name:
            buffer.copy_(torch.linspace(-1.0, 1.0, len(buffer)))
        elif name.endswith(("num_batches_tracked", "seen")):
            buffer.fill_(17)
    return model.eval()


def save(model, count, left_out=(), extra=None):
    """state_dict in `count` files, entries dealt in turn; the paths."""
    state = {name: value.clone() for name, value in model.state_dict().items() if name not in left_out}
    state |= extra or {}
    paths = []
    for number in range(count):
        paths.append(f"shard-{number}.pt")
        torch.save(dict(list(state.items())[number::count]), paths[-1])
    return paths


def build(solution, kind, shards, **options):
    """skeleton, then materialise, in eval mode."""
    return solution.materialise(solution.skeleton(FACTORIES[kind]), shards, **options).eval()


class SkeletonIsMeta(Check):
    """skeleton builds the factory's module with all parameters on the meta device, names and shapes as they are."""

    part = "skeleton"
    calls = "skeleton(factory)"
    truth = False

    def cases(self, draw: Draw):
        for kind in FACTORIES:
            yield case(kind, kind=kind)

    def probe(self, solution, kind):
        model = solution.skeleton(FACTORIES[kind])
        return {
            "class": type(model).__name__,
            "parameters": [
                [name, list(each.shape), str(each.dtype), each.device.type, each.requires_grad]
                for name, each in model.named_parameters()
            ],
            "saved": list(model.state_dict()),
        }


class NothingIsLeftBehind(Check):
    """After skeleton the world is as before: modules built later are real, and the global random state has not moved."""

    part = "skeleton"
    calls = "skeleton(factory), then nn.Linear(2, 2)"
    compare = False

    def cases(self, draw: Draw):
        yield case("a factory that draws", kind="shared block", broken=False)
        yield case("a factory that raises", kind="shared block", broken=True)

    def probe(self, solution, kind, broken):
        def factory():
            model = FACTORIES[kind]()
            torch.rand(3, device="cpu")
            if broken:
                raise ArithmeticError("the factory failed")
            return model

        before = torch.get_rng_state()
        found = raised(solution.skeleton, factory)["raised"]
        still = bool(torch.get_rng_state().equal(before))
        return {"raised": found, "device": nn.Linear(2, 2).weight.device.type, "still": still}

    def verify(self, case, got, want):
        expected = "ArithmeticError" if case["broken"] else "nothing"
        expect(got["raised"] == expected, f"skeleton raised {got['raised']}, expected {expected}")
        expect(got["device"] == "cpu", f"a layer built afterwards is on {got['device']}, expected cpu")
        expect(got["still"], "the global random state has moved")


class FilledFromShards(Check):
    """materialise(skeleton(factory), shards) computes what the saved module computes, from one file or several."""

    part = "materialise"
    calls = "materialise(skeleton(factory), shards)(x)"
    truth = False
    tolerance = SAME
    scratch = True

    def cases(self, draw: Draw):
        for kind in ("mlp", "cnn", "rnn", "untied", "shared block"):
            for count in (1, 3):
                yield case(f"{kind} in {count} files", kind=kind, count=count, x=inputs_for(draw, kind))

    def probe(self, solution, kind, count, x):
        model = build(solution, kind, save(finished(kind), count))
        return {
            "output": model(x),
            "left on meta": [name for name, each in model.state_dict().items() if each.is_meta],
            "frozen": [name for name, each in model.named_parameters() if not each.requires_grad],
        }


class BuffersThatAreNotSaved(Check):
    """Buffers that are not persistent have no entry in the shards, and hold after materialise what the factory put there."""

    part = "materialise"
    calls = "materialise(skeleton(factory), shards), its buffers"
    truth = False
    tolerance = SAME
    scratch = True

    def cases(self, draw: Draw):
        for kind in ("untied", "shared block", "cnn"):
            yield case(kind, kind=kind)

    def probe(self, solution, kind):
        torch.empty(4096).fill_(7.0)  # what a forgotten buffer would find in fresh memory is not zero
        return dict(build(solution, kind, save(finished(kind), 2)).named_buffers())


class TiesHold(Check):
    """Tied weights are one parameter afterwards, whether the shards name it once or twice."""

    part = "materialise"
    calls = "materialise(skeleton(factory with tied weights), shards)"
    truth = False
    tolerance = SAME
    scratch = True

    def cases(self, draw: Draw):
        for kind in ("tied", "tied before"):
            yield case(f"{kind}, both names saved", kind=kind, left_out=[], ids=inputs_for(draw, kind))
            yield case(f"{kind}, one name saved", kind=kind, left_out=["head.weight"], ids=inputs_for(draw, kind))
            yield case(f"{kind}, the other saved", kind=kind, left_out=["embed.weight"], ids=inputs_for(draw, kind))

    def probe(self, solution, kind, left_out, ids):
        model = build(solution, kind, save(finished(kind), 2, left_out))
        with torch.no_grad():
            output = model(ids)
            tied = model.head.weight is model.embed.weight
        return {"output": output, "one parameter": tied, "count": len(list(model.parameters()))}


class CastsToTheDtype(Check):
    """dtype casts floating parameters and buffers; integers and bools stay. Without it the factory's dtypes hold."""

    part = "materialise"
    calls = "materialise(skeleton(factory), shards, dtype=dtype)"
    truth = False
    tolerance = HALF
    scratch = True

    def cases(self, draw: Draw):
        for kind, dtype in (
            ("cnn", torch.bfloat16),
            ("shared block", torch.float64),
            ("untied", torch.float16),
            ("mlp", None),
            ("double", None),
        ):
            yield case(f"{kind} as {dtype}", kind=kind, dtype=dtype)
        yield case("saved in half, dtype not given", kind="mlp", dtype=None, saved=torch.float16)

    def probe(self, solution, kind, dtype, saved=None):
        shards = save(finished(kind).to(saved), 2)
        model = build(solution, kind, shards, dtype=dtype)
        held = dict(model.named_parameters()) | dict(model.named_buffers())
        return {name: [str(each.dtype), each.detach().float()] for name, each in held.items()}


class EntriesThatDoNotFit(Check):
    """A missing or unexpected entry raises KeyError and another shape ValueError, with the entry's name."""

    part = "materialise"
    calls = "materialise(skeleton(nn.Sequential(...)), shards that do not fit)"
    compare = False
    scratch = True

    def cases(self, draw: Draw):
        yield case("missing", left_out=["3.weight", "0.bias"], extra={}, kind="KeyError", names=["3.weight", "0.bias"])
        extra = {"surplus.weight": draw.normal(2, 3)}
        yield case("unexpected", left_out=[], extra=extra, kind="KeyError", names=["surplus.weight"])
        extra = {"3.weight": draw.normal(12, 1)}
        yield case("a shape that would broadcast", left_out=[], extra=extra, kind="ValueError", names=["3.weight"])

    def probe(self, solution, left_out, extra, kind, names):
        return raised(build, solution, "mlp", save(finished("mlp"), 2, left_out, extra))

    def verify(self, case, got, want):
        expect(got["raised"] == case["kind"], f"raised {got['raised']}, expected {case['kind']}")
        for name in case["names"]:
            expect(name in got["message"], f"the message does not name {name}: {got['message']}")


class Trap:
    """What unpickling without weights_only would call."""

    def __reduce__(self):
        return (Path.touch, (Path("sprung"),))


class FilesAreNotTrusted(Check):
    """Files are read with weights_only=True and mmap=True: a pickle that runs code is refused."""

    part = "materialise"
    calls = "materialise(skeleton(factory), shards)"
    compare = False
    scratch = True

    def cases(self, draw: Draw):
        yield {}

    def probe(self, solution):
        shards = save(finished("mlp"), 2)
        asked, load = [], torch.load

        def listen(*arguments, **options):
            asked.append([bool(options.get("mmap")), options.get("weights_only", True) is not False])
            return load(*arguments, **options)

        torch.load = listen
        try:
            build(solution, "mlp", shards)
        finally:
            torch.load = load
        torch.save({"0.weight": Trap()}, "evil.pt")
        refused = raised(build, solution, "mlp", [*shards, "evil.pt"])["raised"]
        return {"asked": asked, "refused": refused, "sprung": Path("sprung").exists()}

    def verify(self, case, got, want):
        expect(not got["sprung"], "a shard's pickle ran code: read with weights_only=True")
        expect(got["refused"] != "nothing", "a shard that holds no tensors was accepted")
        for mapped, safe in got["asked"]:
            expect(mapped, "torch.load was called without mmap=True")
            expect(safe, "torch.load was called with weights_only=False")


class FilesMayGo(Check):
    """Once materialise has returned, the files can be overwritten without a change in the model."""

    part = "materialise"
    calls = "materialise(skeleton(factory), shards), then the files are overwritten"
    truth = False
    tolerance = SAME
    scratch = True

    def cases(self, draw: Draw):
        yield dict(x=inputs_for(draw, "mlp"))

    def probe(self, solution, x):
        shards = save(finished("mlp"), 2)
        model = build(solution, "mlp", shards)
        for path in shards:
            size = Path(path).stat().st_size
            with Path(path).open("r+b") as file:
                file.write(bytes(size))
        return model(x)


def really_saved(model, batch):
    """Bytes of what a real run saves for backward, and the shape of its result."""
    own = {each.untyped_storage().data_ptr() for each in (*model.parameters(), *model.buffers())}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        shape = list(model(*batch).shape)
    return sum(storage.nbytes() for storage in kept.values()), shape


class EstimatesTheRealRun(Check):
    """estimate's figures are those of a real run: parameters, saved bytes to 1 percent, output shape."""

    part = "estimate"
    calls = "estimate(factory, batch)"
    compare = False

    def cases(self, draw: Draw):
        for kind in ("mlp", "cnn", "rnn", "tied", "shared block"):
            for rows in (1, 5):
                yield case(f"{kind}, {rows} rows", kind=kind, x=inputs_for(draw, kind, rows))
        yield case("float64", kind="double", x=draw.normal(4, 6, dtype=torch.float64))

    def probe(self, solution, kind, x):
        found = solution.estimate(FACTORIES[kind], (x,))
        model = FACTORIES[kind]()
        saved, shape = really_saved(model, (x,))
        real = {"params": sum(each.numel() for each in model.parameters())}
        real |= {"param_bytes": sum(each.nbytes for each in model.parameters())}
        return {"found": found, "real": real | {"activation_bytes": saved, "output_shape": shape}}

    def verify(self, case, got, want):
        found, real = got["found"], got["real"]
        expect(isinstance(found, dict) and set(found) == set(real), f"the result is {found!r}, expected {sorted(real)}")
        for name in ("params", "param_bytes"):
            expect(found[name] == real[name], f"{name} is {found[name]}, expected {real[name]}")
        shape = tuple(found["output_shape"])
        expect(shape == tuple(real["output_shape"]), f"output_shape is {shape}, expected {tuple(real['output_shape'])}")
        name, one = "activation_bytes", 0.01 * real["activation_bytes"]
        close = isinstance(found[name], int | float) and math.isclose(found[name], real[name], abs_tol=one)
        expect(close, f"activation_bytes is {found[name]}, a real run saves {real[name]}")


class EstimateLeavesNoTrace(Check):
    """estimate of a factory that draws random numbers leaves the global random state and the batch as they were."""

    part = "estimate"
    calls = "estimate(factory that draws, batch), then torch.rand"
    truth = False

    def cases(self, draw: Draw):
        yield dict(seed=draw.seed(), x=draw.normal(2, 5))

    def probe(self, solution, seed, x):
        def factory():
            torch.manual_seed(3)
            torch.randn(4, device="cpu")
            return Shared()

        torch.manual_seed(seed)
        before = torch.get_rng_state()
        solution.estimate(factory, (x,))
        after = torch.get_rng_state()
        return {
            "the state is the same": bool(after.equal(before)),
            "a layer is real": nn.Linear(1, 1).weight.device.type,
        }


def tower(width, layers=32):
    """Square layers without bias."""
    return nn.Sequential(*[nn.Linear(width, width, bias=False) for _ in range(layers)])


class Tower(Workload):
    """32 layers, 4 MiB each, from 32 files; on a GPU the model goes there."""

    calls = "materialise(skeleton(factory), shards) of 128 MiB in 32 files"
    scratch = True
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw, width: int = 1024):
        yield dict(probed=draw.normal(2, width), layer=draw.integer(0, 31))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, width=8))

    def probe(self, solution, probed, layer):
        width = probed.shape[1]
        paths = []
        for number in range(32):  # one after the other, so that writing them takes the memory of one
            paths.append(f"shard-{number}.pt")
            torch.save({f"{number}.weight": torch.full((width, width), 0.01 * (number + 1))}, paths[-1])
        model = solution.materialise(solution.skeleton(lambda: tower(width)), paths, device=probed.device.type)
        return probed @ model[layer].weight.detach()[:, :8]


class Giant(Workload):
    """The estimate of a network of 2 GiB."""

    calls = "estimate(factory, batch) of 512 MiB of parameters"
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw, width: int = 4096):
        yield dict(width=width, rows=draw.integer(2000, 4000))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, width=8))

    def probe(self, solution, width, rows):
        found = solution.estimate(lambda: tower(width, 8), (torch.empty(rows, width, device="meta"),))
        return [found["params"], found["activation_bytes"]]
