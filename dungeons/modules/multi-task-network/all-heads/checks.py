"""Hidden checks of the boss of modules/multi-task-network."""

import torch

from leveling.checks import Check, Draw, Workload, case, expect, report
from leveling.data import shapes, shapes_accuracy_bound, shapes_centre_floor

NOISE = 0.2
TASKS = ("label", "centre", "count")
WIDTHS = {"label": 9, "centre": 2, "count": 4}
ACCURACY_BELOW, TIMES_THE_FLOOR, COUNT_BELOW = 0.22, 12.0, 0.12


def pictures(draw: Draw, count: int, missing: float = 0.0):
    """Images, and targets of which a share of each task is missing, independently."""
    drawn = shapes(count, noise=NOISE, seed=draw.seed())
    gone = draw.uniform(3, count) < missing
    return drawn.images, {
        "label": drawn.labels.masked_fill(gone[0], -1),
        "centre": (drawn.centres / 16).masked_fill(gone[1][:, None], float("nan")),
        "count": (drawn.counts - 1).masked_fill(gone[2], -1),
    }


def state(net):
    """All parameters and buffers by name."""
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


class AHeadForEachTask(Check):
    """build(tasks) has a trunk and exactly these heads, with outputs of the stated shapes."""

    calls = "build(tasks)(images)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        images, _ = pictures(draw, 3)
        for tasks in (TASKS, ("count",), ("centre", "label")):
            yield case(f"tasks {', '.join(tasks)}", images=images, tasks=list(tasks))

    def probe(self, solution, images, tasks):
        net = solution.build(iter(tasks))
        parts = {name.split(".")[0] for name, _ in net.named_parameters()}
        outputs = net(images)
        return {
            "heads": sorted(net.heads),
            "parts": sorted(parts),
            "shapes": {task: list(each.shape) for task, each in outputs.items()},
            "centre": outputs.get("centre"),
        }

    def verify(self, case, got, want):
        tasks = sorted(case["tasks"])
        expect(got["heads"] == tasks, f"the heads are {got['heads']}, expected {tasks}")
        expect(got["parts"] == ["heads", "trunk"], f"parameters are in {got['parts']}, expected heads and trunk")
        for task in tasks:
            shape, right = got["shapes"].get(task), [3, WIDTHS[task]]
            expect(shape == right, f"the output of {task} has shape {shape}, expected {right}")


class SeedsAndSteps(Check):
    """The same seed gives the same network, another seed another one; report hears of every step, the last one included."""

    calls = "train(images, targets, epochs=2, seed=seed)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        images, targets = pictures(draw, 96, 0.25)
        yield dict(images=images, targets=targets, seed=draw.integer(1, 999))

    def probe(self, solution, images, targets, seed):
        told, states = [], []
        for each in (seed, seed, seed + 1):
            net = solution.train(
                images, targets, epochs=2, seed=each, report=lambda *at, **figures: told.append([*at, figures["loss"]])
            )
            states.append(state(net))
        counts = {"count": targets["count"]}
        quiet = state(solution.train(images, counts, epochs=1))
        at_zero = state(solution.train(images, counts, epochs=1, seed=0))
        return {"states": states, "told": told, "quiet": quiet, "at zero": at_zero}

    def verify(self, case, got, want):
        first, again, other = got["states"]
        bad = [name for name, value in first.items() if not bool(torch.isfinite(value).all())]
        expect(not bad, f"after two epochs {', '.join(bad[:3])} is not finite")
        expect(
            all(first[name].equal(again[name]) for name in first),
            "two trainings with the same seed give different networks",
        )
        expect(any(not first[name].equal(other[name]) for name in first), "the seed changes nothing")
        expect(
            all(value.equal(got["at zero"][name]) for name, value in got["quiet"].items()),
            "training without a seed differs from training with seed=0",
        )
        told = got["told"][: len(got["told"]) // 3]
        expect(told, "report was never called")
        steps, of = [each[0] for each in told], {each[1] for each in told}
        expect(steps == list(range(1, len(steps) + 1)), f"report was told of the steps {steps}")
        expect(of == {len(steps)}, f"report was told of {len(steps)} steps, the last as {told[-1][0]} of {told[-1][1]}")
        strange = sorted({name.split(".")[1] for name in got["quiet"] if name.startswith("heads.")} - {"count"})
        expect(not strange, f"trained on counts alone, the network has heads for {', '.join(strange)}")


class AnswersDoNotDependOnCompany(Check):
    """predict answers for a picture alone as for the same picture among others, for none too, and builds no graph."""

    calls = "predict(net, images), picture by picture"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        images, targets = pictures(draw, 70)
        yield dict(
            images=images, targets=targets, others=pictures(draw, 6)[0] * torch.linspace(0.3, 2, 6)[:, None, None, None]
        )

    def probe(self, solution, images, targets, others):
        net = solution.train(images, targets, epochs=1)
        together = solution.predict(net.train(), others)
        alone = [solution.predict(net.train(), image[None]) for image in others]
        graph = any(each.requires_grad for each in together.values())
        none = {task: list(each.shape) for task, each in solution.predict(net, others[:0]).items()}
        return {
            "together": together,
            "alone": {task: torch.cat([each[task] for each in alone]) for task in together},
            "none": none,
            "graph": graph,
        }

    def verify(self, case, got, want):
        expect(sorted(got["together"]) == sorted(TASKS), f"predict answers {sorted(got['together'])}")
        for task, each in got["together"].items():
            gap = float((each - got["alone"][task]).abs().max())
            expect(gap <= 1e-3, f"{task} changes by {gap:.2g} when a picture comes alone")
        expect(not got["graph"], "the outputs of predict carry a graph")
        none = {task: [0, width] for task, width in WIDTHS.items()}
        expect(got["none"] == none, f"no pictures give shapes {got['none']}, expected {none}")


class ATaskWithoutLabels(Check):
    """A task that has no label in any picture does no harm: every parameter stays finite, the other tasks are learned."""

    calls = "train(images, targets, epochs=40)"
    compare = False
    battery = False
    confirm = 2

    def cases(self, draw: Draw):
        images, targets = pictures(draw, 48)
        yield case(
            "all centres missing", images=images, targets={**targets, "centre": torch.full((48, 2), float("nan"))}
        )
        yield case("the only task has no label at all", images=images, targets={"count": torch.full((48,), -1)})

    def probe(self, solution, images, targets):
        net = solution.train(images, targets, epochs=40)
        finite = all(bool(torch.isfinite(each).all()) for each in state(net).values())
        return {"finite": finite, **solution.predict(net, images)}

    def verify(self, case, got, want):
        expect(got["finite"], "a parameter or a buffer is not finite")
        for task in ("label", "count") if "label" in case["targets"] else ():
            share = float((got[task].argmax(1) == case["targets"][task]).double().mean())
            expect(
                share >= 0.6,
                f"{task}: {share:.2f} of 48 pictures are learned by heart in 40 epochs, at least 0.6 expected",
            )


class AllHeadsNearTheirBest(Check):
    """From 4,992 pictures with a quarter of each label missing: class, place and count on 2,000 fresh pictures, by one network.

    Class: at most 0.22 below the bound that nobody passes. Place: at most 12 times the floor in root mean squared error. Count:
    at most 0.12 below the reference's network for counts alone.
    """

    calls = "train(images, targets, seed=seed) on 4,992 pictures"
    compare = False
    battery = False
    confirm = 2
    seconds = 150.0

    def cases(self, draw: Draw):
        images, targets = pictures(draw, 4992, 0.25)
        unseen, answers = pictures(draw, 2000)
        yield dict(images=images, targets=targets, unseen=unseen, answers=answers, seed=draw.integer(0, 9999))

    def probe(self, solution, images, targets, unseen, answers, seed):
        net = solution.train(images, targets, seed=seed, report=report)
        alone = solution.train(images, {"count": targets["count"]}, seed=seed, report=report)
        return {"outputs": solution.predict(net, unseen), "alone": solution.predict(alone, unseen)["count"]}

    def verify(self, case, got, want):
        found, answers = got["outputs"], case["answers"]
        accuracy = float((found["label"].argmax(1) == answers["label"]).double().mean())
        bound = shapes_accuracy_bound(NOISE)
        goal = bound - ACCURACY_BELOW
        expect(accuracy >= goal, f"label: accuracy {accuracy:.3f}, at least {goal:.3f} expected (bound {bound:.3f})")
        error = 16 * float((found["centre"] - answers["centre"]).square().mean().sqrt())
        most = TIMES_THE_FLOOR * shapes_centre_floor(NOISE)
        expect(error <= most, f"centre: error {error:.3f} pixels, at most {most:.3f} expected")
        count, alone, single = (
            float((logits.argmax(1) == answers["count"]).double().mean())
            for logits in (found["count"], got["alone"], want["alone"])
        )
        goal = single - COUNT_BELOW
        expect(
            count >= goal,
            f"count: accuracy {count:.3f}, at least {goal:.3f} expected (your network for counts alone: {alone:.3f})",
        )


class ShareOfThreeNetworks(Workload):
    """Parameters of the network for all three tasks, as a share of those of three networks for one task each."""

    calls = "build(tasks)"

    def probe(self, solution):
        def held(tasks) -> int:
            return sum({id(each): each.numel() for each in solution.build(tasks).parameters()}.values())

        return held(list(TASKS)) / sum(held([task]) for task in TASKS)


class OneEpoch(Workload):
    """One epoch over 1,280 pictures with a quarter of each label missing."""

    calls = "train(images, targets, epochs=1) on 1,280 pictures"
    compare = False
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw, count: int = 1280):
        images, targets = pictures(draw, count, 0.25)
        yield dict(images=images, targets=targets)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=64))

    def probe(self, solution, images, targets):
        return sum(float(value.double().sum()) for value in state(solution.train(images, targets, epochs=1)).values())
