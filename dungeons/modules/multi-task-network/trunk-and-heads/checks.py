"""Hidden checks of floor 1 of modules/multi-task-network."""

import torch
from torch import nn

from leveling.checks import (
    Check,
    Draw,
    Workload,
    case,
    expect,
    fill_parameters,
    kind_raised,
    parameter_gradients,
    raised,
    set_parameters,
)

TASKS = ("label", "centre", "count")
KEYS = {"trunk.0.weight": (4, 3, 3, 3), "trunk.0.bias": (4,)}
KEYS |= {
    f"heads.{task}.1.{name}": shape
    for task, width in zip(TASKS, (5, 2, 3), strict=True)
    for name, shape in (("weight", (width, 4)), ("bias", (width,)))
}


def head(width: int) -> nn.Module:
    """A small head: the mean over all cells, then a linear layer."""
    return nn.Sequential(Mean(), nn.Linear(4, width))


class Mean(nn.Module):
    """(B, C, H, W) -> (B, C)."""

    def forward(self, features):
        return features.mean((2, 3))


def parts() -> tuple[nn.Module, dict[str, nn.Module]]:
    """A trunk and three heads, with weights that are the same for everybody."""
    trunk = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh())
    heads = {task: head(width) for task, width in zip(TASKS, (5, 2, 3), strict=True)}
    fill_parameters(nn.ModuleList([trunk, *heads.values()]))
    return trunk, heads


def built(solution, dtype=torch.float32):
    """The network under test, of the parts above."""
    return solution.MultiTask(*parts()).to(dtype)


class WhatIsRegistered(Check):
    """state_dict holds trunk.* and heads.<name>.* and nothing else, and all of it is trained."""

    calls = "MultiTask(trunk, heads).state_dict()"
    compare = False
    battery = False

    def probe(self, solution):
        trunk, heads = parts()
        net = solution.MultiTask(trunk, heads)
        return {
            "keys": {key: list(value.shape) for key, value in net.state_dict().items()},
            "trained": sorted(name for name, each in net.named_parameters() if each.requires_grad),
            "same": net.trunk is trunk and all(net.heads[task] is each for task, each in heads.items()),
            "given": list(heads),
        }

    def verify(self, case, got, want):
        found = {key: tuple(shape) for key, shape in got["keys"].items()}
        expect(found == KEYS, f"state_dict() holds {', '.join(found) or 'nothing'}; expected {', '.join(KEYS)}")
        expect(got["trained"] == sorted(KEYS), f"named_parameters() lists {', '.join(got['trained'])}")
        expect(got["same"], "net.trunk and net.heads[name] are not the modules that were handed in")
        expect(got["given"] == list(TASKS), "the dict of heads that was handed in has been changed")


class OutputsOfAllHeads(Check):
    """The outputs of all heads, by name, and the gradients that reach trunk and heads."""

    calls = "MultiTask(trunk, heads)(x)"

    def cases(self, draw: Draw):
        for shape in ((5, 3, 7, 6), (1, 3, 4, 4), (0, 3, 5, 5)):
            yield case(f"x {shape}", x=draw.normal(*shape, requires_grad=True))

    def probe(self, solution, x):
        net = built(solution, x.dtype)
        outputs = net(x)
        joined = torch.cat([outputs[task] for task in TASKS], dim=1)
        return {"names": list(outputs), **outputs, **parameter_gradients(joined, net, x=x)}


class TheTrunkRunsOnce(Check):
    """However many heads are asked, the trunk runs once for a batch, and only the heads that are asked run."""

    calls = "MultiTask(trunk, heads)(x, tasks)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for tasks in (None, ["count"], ["count", "label"], list(TASKS)):
            label = "all tasks" if tasks is None else f"tasks {tasks}"
            yield case(label, x=draw.normal(2, 3, 4, 4), tasks=tasks)

    def probe(self, solution, x, tasks):
        trunk, heads = parts()
        net, ran = solution.MultiTask(trunk, heads), []
        for name, each in {"trunk": trunk, **heads}.items():
            each.register_forward_hook(lambda *_, name=name: ran.append(name))
        outputs = net(x) if tasks is None else net(x, iter(tasks))
        return {"names": list(outputs), "ran": ran}

    def verify(self, case, got, want):
        asked = list(case["tasks"] or TASKS)
        expect(got["names"] == asked, f"the outputs are named {got['names']}, expected {asked}")
        runs = got["ran"].count("trunk")
        expect(runs == 1, f"the trunk ran {runs} times, expected once")
        heads = sorted(name for name in got["ran"] if name != "trunk")
        expect(heads == sorted(asked), f"the heads that ran: {heads}, expected {sorted(asked)}")


class SomeOfTheHeads(Check):
    """With `tasks` the outputs are those of these tasks; an unknown task raises KeyError with its name."""

    calls = "MultiTask(trunk, heads)(x, tasks)"
    battery = False

    def cases(self, draw: Draw):
        for tasks in (["centre"], ["count", "label"], []):
            yield case(f"tasks {tasks}", x=draw.normal(3, 3, 4, 4), tasks=tasks)

    def probe(self, solution, x, tasks):
        net = built(solution, x.dtype)
        unknown = raised(net, x, ["label", "colour"])
        return {
            "outputs": net(x, tasks),
            "unknown raises": unknown["raised"],
            "names it": "colour" in unknown["message"],
        }


class AHeadIsAdded(Check):
    """A head that is added is registered and used; the other outputs stay what they were, bit for bit."""

    calls = "net.add_head('area', head)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, 5, 5))

    def probe(self, solution, x):
        net = built(solution, x.dtype)
        before = net(x)
        new = fill_parameters(head(1))
        net.add_head("area", new)
        after = net(x)
        return {
            "keys": list(net.state_dict()),
            "names": list(after),
            "area": after["area"],
            "the same": all(after[task].equal(before[task]) for task in TASKS),
            "the same head": net.heads["area"] is new,
        }


class AHeadJoinsAsTheNetworkIs(Check):
    """A head that is added takes over dtype and device of the trunk, and training or evaluation mode of the network."""

    calls = "net.to(torch.float64).eval().add_head('area', head)"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, 5, 5))

    def probe(self, solution, x):
        found = {}
        for name, dtype, mode in (("double", torch.float64, False), ("half", torch.bfloat16, True)):
            net = built(solution, dtype).train(mode)
            net.add_head("area", nn.Sequential(head(4), nn.Dropout(0.5)).train(not mode))
            found[name] = {
                "dtype": str(net.heads["area"][0][1].weight.dtype),
                "training": [part.training for part in net.heads["area"].modules()],
                "raised": raised(net, x.to(dtype))["raised"],
            }
        free = solution.MultiTask(nn.Identity(), {})
        free.add_head("area", nn.Linear(3, 2).double())
        found["no parameters in the trunk"] = str(free(x.double().mean((2, 3)))["area"].dtype)
        meta = built(solution).to("meta")
        meta.add_head("area", head(1))
        return {**found, "device": str(meta.heads["area"][1].weight.device)}


class AHeadIsRemoved(Check):
    """remove_head returns the head and forgets it; add_head under a taken name raises ValueError and changes nothing."""

    calls = "net.remove_head('centre')"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 3, 5, 5))

    def probe(self, solution, x):
        net = built(solution, x.dtype)
        before = net(x)
        taken = kind_raised(ValueError, net.add_head, "centre", head(2))
        unchanged = net(x)["centre"].equal(before["centre"])
        out = net.remove_head("centre")
        after = net(x)
        again = raised(net.remove_head, "centre")
        left = list(net.state_dict())
        net.add_head("centre", out)
        return {
            "taken": taken,
            "unchanged": unchanged,
            "keys": left,
            "names": list(after),
            "others": all(after[task].equal(before[task]) for task in after),
            "removed twice": again["raised"],
            "back again": net(x)["centre"].equal(before["centre"]),
        }


class MeanPlace(Check):
    """PointHead gives the mean row and column under the softmax, as fractions: a score on one cell gives its middle."""

    calls = "PointHead(channels)(features)"

    def cases(self, draw: Draw):
        for shape in ((4, 3, 5, 7), (2, 3, 1, 4), (3, 3, 1, 1), (0, 3, 2, 3)):
            weights = [draw.normal(1, 3, 1, 1), draw.normal(1)]
            yield case(
                f"features {shape}",
                features=draw.normal(*shape, requires_grad=True),
                weights=weights,
            )
        weights = [draw.normal(1, 3, 1, 1, dtype=torch.float64), draw.normal(1, dtype=torch.float64)]
        yield case(
            "float64", features=draw.normal(2, 3, 3, 5, dtype=torch.float64, requires_grad=True), weights=weights
        )
        peak = torch.zeros(1, 3, 4, 5)
        peak[0, :, 1, 3] = 3000.0
        yield case("one cell far above all others", features=peak, weights=[torch.ones(1, 3, 1, 1), torch.zeros(1)])

    def probe(self, solution, features, weights):
        made = set_parameters(solution.PointHead(3).to(features.dtype), weights)
        output = made(features)
        if not features.requires_grad:
            return {"output": output}
        return {"output": output, **parameter_gradients(output, made, features=features)}


class WhatIsThere(Check):
    """ClassHead gives logits of the features' mean under its own softmax, with gradients through both."""

    calls = "ClassHead(channels, classes)(features)"

    def cases(self, draw: Draw):
        for shape in ((4, 3, 5, 7), (3, 3, 1, 1), (0, 3, 2, 3)):
            weights = [draw.normal(1, 3, 1, 1, std=2.0), draw.normal(1), draw.normal(5, 3), draw.normal(5)]
            yield case(
                f"features {shape}",
                features=draw.normal(*shape, requires_grad=True),
                weights=weights,
            )

    def probe(self, solution, features, weights):
        made = set_parameters(solution.ClassHead(3, 5).to(features.dtype), weights)
        output = made(features)
        return {"output": output, **parameter_gradients(output, made, features=features)}


class HeadsRegister(Check):
    """PointHead holds `score`, ClassHead `score` and `linear`, of the stated shapes."""

    calls = "PointHead(7).state_dict(), ClassHead(7, 9).state_dict()"
    battery = False
    truth = False

    def probe(self, solution):
        made = {"PointHead(7)": solution.PointHead(7), "ClassHead(7, 9)": solution.ClassHead(7, 9)}
        return {
            name: {key: list(value.shape) for key, value in each.state_dict().items()} for name, each in made.items()
        }


class Parameters(Workload):
    """The numbers held as parameters by a network with a head of each kind."""

    calls = "MultiTask(trunk, {'label': ClassHead(16, 9), 'centre': PointHead(16), 'count': nn.Linear(16, 4)})"

    def probe(self, solution):
        heads = {"label": solution.ClassHead(16, 9), "centre": solution.PointHead(16), "count": nn.Linear(16, 4)}
        net = solution.MultiTask(nn.Conv2d(3, 16, 3), heads)
        return sum({id(each): each.numel() for each in net.parameters()}.values())
