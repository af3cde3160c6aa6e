"""Hidden checks of performance/slow-step."""

import gc
import warnings
import weakref

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters

CLOSE = Tolerance(absolute=1e-5, relative=1e-5)
TRAIN = "train_epoch(model, opt, loader, device)"


def conv_net():
    """3 -> 4 -> 5 channels and 4 classes; no dimension is 1, so a memory format is never ambiguous."""
    layers = (nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(4))
    return nn.Sequential(*layers)


def dropping_net():
    """The same with dropout before its last layer."""
    return nn.Sequential(conv_net()[:-1], nn.Dropout(0.5), nn.LazyLinear(4))


def dense_net(width, hidden, classes):
    """Two layers on flattened pictures."""
    return nn.Sequential(nn.Flatten(), nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def ready(net, x):
    """The net with fixed weights on the device of x (lazy layers are told their width first)."""
    net(torch.zeros(1, *x.shape[1:]))
    return fill_parameters(net, scale=0.1).to(x.device)


def batches(x, y, size):
    """A loader is whatever yields pairs."""
    return list(zip(x.cpu().split(size), y.cpu().split(size), strict=True)) if len(x) else []


def plain_sgd(net):
    """An optimizer of the checks' own, with the multi-tensor path."""
    return torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, foreach=True)


def pictures(draw, count, classes=4, size=6, unlabelled=0.3):
    """uint8 pictures and labels of which some are -1; the first example always carries one."""
    y = draw.integers(0, classes, count).masked_fill(draw.booleans(count, p=unlabelled), -1)
    y[:1] = 2
    return dict(x=draw.integers(0, 256, count, 3, size, size, dtype=torch.uint8), y=y)


class Watched(TorchDispatchMode):
    """Meta tensors as a second device: which tensors are made on the CPU, what is moved, when the host waits."""

    def __init__(self):
        super().__init__()
        self.made, self.moved, self.reads, self.names = [], 0, 0, {}

    @classmethod
    def _should_skip_dynamo(cls):
        return False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled() and func._can_decompose():  # noqa: SLF001 - there composite ops arrive whole
            with self:
                return func.decompose(*args, **kwargs)
        name = func.overloadpacket.__name__
        first = args[0] if args and isinstance(args[0], torch.Tensor) else None
        away = first is not None and first.is_meta
        if name == "_local_scalar_dense" and away:
            self.reads += 1
            return 1.0 if first.is_floating_point() else 1
        if away and (name == "nonzero" or (name == "index" and any(is_mask(i) for i in args[1]))):
            self.reads += 1  # how many are True decides the shape, so the host has to wait
            return torch.arange(len(first), device="meta")[:, None] if name == "nonzero" else first.clone()
        if name in ("_to_copy", "copy_") and away != (str(kwargs.get("device", first.device)) == "meta"):
            return self.crossed(name, away, func, args, kwargs)
        out = func(*args, **kwargs)
        if isinstance(out, torch.Tensor) and out.device.type == "cpu" and out.dim() and name not in QUIET:
            self.made.append(name)
        self.names[name] = self.names.get(name, 0) + 1
        return out

    def crossed(self, name, away, func, args, kwargs):
        """A copy between the devices."""
        if away:
            self.reads += 1
            return torch.zeros(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        self.moved += args[0].numel() * args[0].element_size()
        return func(*args, **kwargs)


QUIET = frozenset(("detach", "alias", "view", "select", "slice", "unsqueeze", "expand", "permute", "lift_fresh"))


def is_mask(index):
    """Whether an index is a bool tensor."""
    return isinstance(index, torch.Tensor) and index.dtype is torch.bool


def watched_epoch(solution, x, y, size, train=True):
    """One epoch on the stand-in device under watch."""
    net = dense_net(x[0].numel(), 8, 4).to("meta")
    watch, device, loader = Watched(), torch.device("meta"), batches(x, y, size)
    opt = plain_sgd(net)
    with watch:
        if train:
            solution.train_epoch(net, opt, loader, device)
        else:
            solution.evaluate(net, loader, device)
    return watch


class SameTraining(Check):
    """After three epochs every parameter equals that of the given loop."""

    calls = f"{TRAIN}, three times"
    truth = False
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for label, count, size in (
            ("four batches, the last one smaller", 19, 5),
            ("the last batch has one example", 13, 4),
        ):
            drawn = pictures(draw, count)
            drawn["y"][::size] = 1  # a label in every batch
            yield case(label, **drawn, size=size)
        yield case("everything is labelled", **pictures(draw, 12, unlabelled=0.0), size=6)

    def probe(self, solution, x, y, size):
        net = ready(dropping_net(), x).eval()  # as an evaluation may have left it
        opt = plain_sgd(net)
        for _ in range(3):
            solution.train_epoch(net, opt, batches(x, y, size), x.device)
        return {name: value.detach().clone().contiguous() for name, value in net.named_parameters()}


class SameFigures(Check):
    """loss and acc of every epoch are means over the labelled examples, as plain floats."""

    calls = TRAIN
    truth = False
    tolerance = CLOSE

    def cases(self, draw: Draw):
        drawn = pictures(draw, 22)
        drawn["y"][::8] = 3
        yield case("the last batch is smaller", **drawn, size=8)
        yield case("one label in all", **pictures(draw, 3, unlabelled=1.0), size=4)
        drawn = pictures(draw, 17, unlabelled=0.8)
        drawn["y"][8:] = 1
        yield case("labels are rare in the first batch and common after it", **drawn, size=8)

    def probe(self, solution, x, y, size):
        net = ready(conv_net(), x)
        opt = plain_sgd(net)
        return [dict(solution.train_epoch(net, opt, batches(x, y, size), x.device)) for _ in range(2)]


class BatchWithoutLabels(Check):
    """A batch in which nothing is labelled adds nothing to the figures, and its gradient is zero, not NaN."""

    calls = TRAIN
    truth = False
    tolerance = CLOSE

    def cases(self, draw: Draw):
        drawn = pictures(draw, 12)
        drawn["y"][4:8] = -1
        yield case("the second of three batches", **drawn, size=4)

    def probe(self, solution, x, y, size):
        net = ready(conv_net(), x)
        found = solution.train_epoch(net, plain_sgd(net), batches(x, y, size), x.device)
        return {"figures": dict(found)} | {name: p.detach().clone().contiguous() for name, p in net.named_parameters()}


class EmptyLoader(Check):
    """Without any batch, and without any label, loss and acc are 0.0."""

    calls = TRAIN
    truth = False

    def cases(self, draw: Draw):
        yield case("no batch", **pictures(draw, 0), size=4)
        drawn = pictures(draw, 5)
        drawn["y"][:] = -1
        yield case("no label", **drawn, size=4)

    def probe(self, solution, x, y, size):
        net = ready(conv_net(), torch.zeros(1, 3, 6, 6))
        loader = batches(x, y, size)
        return [
            dict(solution.train_epoch(net, plain_sgd(net), loader, x.device)),
            dict(solution.evaluate(net, loader, x.device)),
        ]


class SameEvaluation(Check):
    """evaluate gives the given figures in eval mode, changes no parameter, and gives the model its mode back."""

    calls = "evaluate(model, loader, device)"
    truth = False
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("a model in training mode", **pictures(draw, 19), size=8, training=True)
        yield case("a model in eval mode", **pictures(draw, 9), size=8, training=False)

    def probe(self, solution, x, y, size, training):
        net = ready(dropping_net(), x).train(training)
        before = [value.detach().clone() for value in net.parameters()]
        found = dict(solution.evaluate(net, batches(x, y, size), x.device))
        moved = any(not torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
        return {"figures": found, "training mode afterwards": net.training, "parameters changed": moved}


class SameOptimizer(Check):
    """make_optimizer gives AdamW with the given learning rate and PyTorch's other defaults."""

    calls = "make_optimizer(model, lr), then four steps"
    truth = False
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(gradients=draw.normal(4, 5, 3), lr=0.02)

    def probe(self, solution, gradients, lr):
        net = nn.Linear(3, 5, bias=False)
        fill_parameters(net).to(gradients.device)
        opt = solution.make_optimizer(net, lr)
        for gradient in gradients:
            net.weight.grad = gradient.clone()
            opt.step()
        return net.weight.detach().clone()


class HostReads(Check):
    """The host waits for the device a constant number of times an epoch, not once a step or example."""

    calls = "train_epoch and evaluate on a stand-in for a GPU, with 3 and with 9 batches"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield case("train_epoch", **pictures(draw, 27, size=3), train=True)
        yield case("evaluate", **pictures(draw, 27, size=3), train=False)

    def probe(self, solution, x, y, train):
        return [watched_epoch(solution, x[:9], y[:9], 3, train).reads, watched_epoch(solution, x, y, 3, train).reads]

    def verify(self, case, got, want):
        few, many = got
        expect(
            few == many and many <= 4,
            f"values were read from the device {few} times with 3 batches and {many} times with 9; expected the same "
            "small number (.item(), float(), if tensor, x[mask] and .cpu() all wait)",
        )


class MadeOnTheDevice(Check):
    """Nothing is made on the CPU and then moved: a batch's bytes cross once, as they came."""

    calls = "train_epoch and evaluate on a stand-in for a GPU"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield case("train_epoch", **pictures(draw, 12, size=3), train=True)
        yield case("evaluate", **pictures(draw, 12, size=3), train=False)

    def probe(self, solution, x, y, train):
        watch = watched_epoch(solution, x, y, 4, train)
        return {"made": sorted(set(watch.made)), "moved": watch.moved}

    def verify(self, case, got, want):
        expect(not got["made"], f"these ops made tensors on the CPU inside the epoch: {', '.join(got['made'])}")
        size = case["x"].numel() + 8 * case["y"].numel()
        expect(
            got["moved"] <= size + 64,
            f"{got['moved']} bytes were moved to the device; the batches hold {size} (move uint8, make floats there)",
        )


class OneCallForTheLoss(Check):
    """The chain of element-wise calls of the loss is one fused call."""

    calls = TRAIN
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield pictures(draw, 12, size=3)

    def probe(self, solution, x, y):
        return watched_epoch(solution, x, y, 4).names

    def verify(self, case, got, want):
        spread = {
            name: got[name] for name in ("exp", "log", "scatter_", "one_hot", "softmax", "_softmax") if name in got
        }
        listed = ", ".join(f"{name} x{number}" for name, number in spread.items())
        expect(not spread, f"3 batches still dispatch {listed}; log-softmax and the pick of the label are one function")


class OneCallForTheUpdate(Check):
    """The optimizer's step takes as many ops for 24 parameters as for 4: its multi-tensor or fused path."""

    calls = "make_optimizer(model, lr).step()"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(width=3)

    def probe(self, solution, width):
        counts = []
        for layers in (2, 12):
            net = nn.Sequential(*(nn.Linear(width, width) for _ in range(layers)))
            opt = solution.make_optimizer(net, 0.01)
            net(torch.ones(2, width)).sum().backward()
            opt.step()
            with Watched() as watch:
                opt.step()
            counts.append(sum(number for name, number in watch.names.items() if name != "_local_scalar_dense"))
        return counts

    def verify(self, case, got, want):
        few, many = got
        expect(many <= few + 2, f"one step takes {few} ops with 4 parameters and {many} with 24")


class GradientsAreDropped(Check):
    """When backward begins, every gradient is None, not a tensor of zeros."""

    calls = TRAIN
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(**pictures(draw, 9), size=3)

    def probe(self, solution, x, y, size):
        net, seen = ready(conv_net(), x), []

        def look(gradient):
            seen.append(sum(p.grad is not None for p in net.parameters()))

        net.register_forward_hook(lambda module, inputs, out: out.requires_grad and out.register_hook(look) and None)
        solution.train_epoch(net, plain_sgd(net), batches(x, y, size), x.device)
        return seen

    def verify(self, case, got, want):
        expect(len(got) == 3, f"backward went through the model {len(got)} times in 3 batches")
        expect(not any(got), f"{max(got)} of 6 parameters still held a gradient when backward began")


class GraphsAreLetGo(Check):
    """A batch's graph is gone by the time the next but one comes: the running sums do not hold on to it."""

    calls = TRAIN
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(**pictures(draw, 15), size=3)

    def probe(self, solution, x, y, size):
        net, marks = ready(conv_net(), x), Marks()
        solution.train_epoch(nn.Sequential(net, marks), plain_sgd(net), batches(x, y, size), x.device)
        return marks.counts

    def verify(self, case, got, want):
        expect(len(got) == 5, f"the model was called {len(got)} times in 5 batches")
        expect(
            not any(got),
            f"{max(got)} graphs of earlier batches were still held in the last of 5 batches: detach the sums",
        )


class Marks(nn.Module):
    """Passes its input on and counts, at every call, the graphs of earlier calls that are still held (the last one may be)."""

    def __init__(self):
        super().__init__()
        self.tokens, self.counts = [], []

    def forward(self, x):
        gc.collect()
        self.counts.append(sum(token() is not None for token in self.tokens[:-1]))
        return Marked.apply(x, self.tokens)


class Marked(torch.autograd.Function):
    """The identity; something that can be watched lives as long as its node in the graph."""

    @staticmethod
    def forward(ctx, x, tokens):
        ctx.token = Token()
        tokens.append(weakref.ref(ctx.token))
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


class Token:
    """Something that can be watched."""


class EvaluationKeepsNothing(Check):
    """evaluate saves nothing for a backward pass that never comes."""

    calls = "evaluate(model, loader, device)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(**pictures(draw, 9), size=3)

    def probe(self, solution, x, y, size):
        net, saved = ready(conv_net(), x), []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t.numel()) or t, lambda t: t):
            solution.evaluate(net, batches(x, y, size), x.device)
        return len(saved)

    def verify(self, case, got, want):
        expect(got == 0, f"{got} tensors were saved for backward during evaluate")


class ChannelsLast(Check):
    """Inputs and weights of every convolution are channels_last, in training and in evaluation."""

    calls = "train_epoch and evaluate with a convolutional model"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(**pictures(draw, 8), size=4)

    def probe(self, solution, x, y, size):
        seen = {}
        for name in ("train_epoch", "evaluate"):
            net = ready(conv_net(), x)
            layouts = seen[name] = {"inputs": [], "weights": []}

            def look(module, inputs, layouts=layouts):
                layouts["inputs"].append(inputs[0].is_contiguous(memory_format=torch.channels_last))
                layouts["weights"].append(module.weight.is_contiguous(memory_format=torch.channels_last))

            for layer in net:
                if isinstance(layer, nn.Conv2d):
                    layer.register_forward_pre_hook(look)
            if name == "train_epoch":
                solution.train_epoch(net, plain_sgd(net), batches(x, y, size), x.device)
            else:
                solution.evaluate(net, batches(x, y, size), x.device)
        return seen

    def verify(self, case, got, want):
        for function, layouts in got.items():
            for what, flags in layouts.items():
                expect(
                    flags and all(flags),
                    f"in {function} {flags.count(False)} of {len(flags)} {what} of convolutions are not",
                )


class LoaderSettings(Check):
    """make_loader pins memory for cuda only and keeps workers within cpus, persistent exactly when there are any."""

    calls = "make_loader(dataset, batch_size, device, cpus)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for device in ("cpu", "cuda"):
            for cpus in (1, 2, 8, 64):
                yield case(f"{device}, {cpus} cpus", device=device, cpus=cpus, count=7)

    def probe(self, solution, device, cpus, count):
        data = torch.utils.data.TensorDataset(torch.arange(count))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch would compare the workers with the processors of this machine
            made = solution.make_loader(data, 3, torch.device(device), cpus)
        once = torch.utils.data.DataLoader(data, batch_sampler=made.batch_sampler)
        return {
            "workers": made.num_workers,
            "persistent": bool(made.persistent_workers),
            "pinned": bool(made.pin_memory),
            "shuffles": isinstance(made.sampler, torch.utils.data.RandomSampler),
            "sizes": [len(each[0]) for each in once],
            "examples": sorted(int(i) for each in once for i in each[0]),
        }

    def verify(self, case, got, want):
        workers, cpus = got["workers"], case["cpus"]
        expect(0 <= workers <= cpus, f"{workers} workers on {cpus} cpus take turns on the same processors")
        expect(
            workers > 0 or cpus < 8, f"{workers} workers although {cpus} cpus are free: the loop prepares data itself"
        )
        expect(got["persistent"] == (workers > 0), f"persistent_workers is {got['persistent']} with {workers} workers")
        expect(
            got["pinned"] == (case["device"] == "cuda"),
            f"pin_memory is {got['pinned']} for {case['device']}: pinned pages serve copies to a GPU only",
        )
        expect(got["shuffles"], "the loader no longer shuffles")
        expect(got["sizes"] == [3, 3, 1], f"7 examples in batches of 3 came as {got['sizes']}, expected [3, 3, 1]")
        expect(got["examples"] == list(range(case["count"])), "one pass does not give every example once")


class Epoch(Workload):
    """One epoch of 6 batches of 256 small pictures."""

    calls = "train_epoch(model, make_optimizer(model, lr), loader, device)"

    def cases(self, draw: Draw, count: int = 6 * 256):
        yield pictures(draw, count, classes=10, size=8)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=70))

    def probe(self, solution, x, y):
        net = ready(dense_net(192, 32, 10), x.cpu()).to(x.device)
        opt = solution.make_optimizer(net, 1e-3)
        return solution.train_epoch(net, opt, batches(x, y, 256), x.device)


class WideOutput(Workload):
    """One epoch of 24 batches of 128 examples over 8,192 classes: logits of 4 MiB a batch."""

    calls = "train_epoch(model, opt, loader, device) with 8,192 classes"

    def cases(self, draw: Draw, count: int = 24 * 128):
        yield pictures(draw, count, classes=8192, size=2)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=8))

    def probe(self, solution, x, y):
        net = ready(nn.Sequential(nn.Flatten(), nn.Linear(12, 8192)), x.cpu()).to(x.device)
        return solution.train_epoch(net, plain_sgd(net), batches(x, y, 128), x.device)
