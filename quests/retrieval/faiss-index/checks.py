"""Hidden checks of retrieval/faiss-index. faiss is imported where it is used: without it the quest is sealed, not broken."""

import torch

from leveling.checks import Check, Draw, Workload, case, expect, kind_raised

BUILD = "build(x, ids, budget_bytes, metric)"
TUNE = "tune(index, q, truth, k, target)"
WIDTH = 16


def points(draw, n, queries=40, width=WIDTH, metric="l2", *, ordered=False):
    """Clustered vectors of unequal length, the user's ids, queries between the clusters and their ten true neighbours."""
    centres = draw.normal(24, width)
    cluster = draw.integers(0, 24, n)
    cluster = cluster.sort().values if ordered else cluster
    x = centres[cluster] + 0.6 * draw.normal(n, width)
    q = 0.7 * centres[draw.integers(0, 24, queries)] + 0.9 * draw.normal(queries, width)
    if metric == "cosine":
        x = x * draw.uniform(n, 1, low=0.2, high=5.0)
        q = q * draw.uniform(queries, 1, low=0.2, high=5.0)
    ids = draw.permutation(50 * n)[:n] + 1_000_000_007
    return dict(x=x, ids=ids), q, neighbours(x, ids, q, metric)


def closeness(x, q, metric):
    """(queries, n) in float64, larger is nearer."""
    x, q = x.double(), q.double()
    if metric == "cosine":
        return torch.nn.functional.normalize(q, dim=1) @ torch.nn.functional.normalize(x, dim=1).T
    return 2.0 * (q @ x.T) - (x * x).sum(1) - (q * q).sum(1, keepdim=True)


def neighbours(x, ids, q, metric, k=10):
    """Exact ids, best first."""
    return ids[closeness(x, q, metric).topk(k).indices]


def share(found, truth, k=10):
    """Mean recall@k of full rows of ids."""
    hits = (truth[:, :k, None] == found[:, None, :k]).any(-1)
    return float(hits.double().mean())


def budgets(n, width):
    """Enough for the vectors themselves; for a byte a number; for two bits a number. Each with an id and some tables."""
    tables = 8_000
    return dict(
        large=int(n * (4 * width + 8) * 1.1) + tables,
        middle=int(n * (width + 8) * 1.2) + tables,
        small=n * (width // 4 + 8) + tables,
    )


def stored_index(x, ids, lists, codes="Flat"):
    """A filled IVF index as bytes (judge only)."""
    import faiss

    index = faiss.index_factory(x.shape[1], f"IVF{lists},{codes}", faiss.METRIC_L2)
    index.train(x.numpy())
    index.add_with_ids(x.numpy(), ids.numpy())
    return torch.from_numpy(faiss.serialize_index(index).copy())


def loaded(data):
    """An index from its bytes."""
    import faiss

    return faiss.deserialize_index(data.numpy().copy())


def ask(index, q, k=10, nprobe=0):
    """Values and ids as tensors; nprobe 0 leaves the setting, -1 opens every list."""
    import faiss

    ivf = faiss.try_extract_index_ivf(index)
    if nprobe and ivf is not None:
        ivf.nprobe = ivf.nlist if nprobe < 0 else nprobe
    values, ids = index.search(q.float().contiguous().numpy(), k)
    return torch.from_numpy(values.copy()), torch.from_numpy(ids.copy())


def size(index):
    """Bytes when serialised."""
    import faiss

    return int(faiss.serialize_index(index).nbytes)


class RecallCountsIds(Check):
    """recall is the mean share of the true top k ids among the first k found, as sets."""

    calls = "recall(found, truth, k)"

    def cases(self, draw: Draw):
        row = torch.tensor
        yield case("all found, in another order", found=row([[3, 1, 2]]), truth=row([[1, 2, 3]]), k=3)
        yield case("one of two, and both", found=row([[5, 9], [7, 8]]), truth=row([[5, 6], [8, 7]]), k=2)
        yield case("only the first k count", found=row([[4, 5, 1, 2]]), truth=row([[1, 2, 4, 5]]), k=2)
        yield case("more found than asked", found=row([[9, 8, 7, 1]]), truth=row([[1, 2]]), k=2)
        yield case("an id found twice", found=row([[1, 1, 1]]), truth=row([[1, 2, 3]]), k=3)
        yield case("random", found=draw.integers(0, 30, 20, 7), truth=draw.integers(0, 15, 20, 9), k=6)

    def probe(self, solution, found, truth, k):
        return solution.recall(found, truth, k)


class RecallIgnoresPadding(Check):
    """-1 is neither found nor to be found; k may exceed what is there; queries with nothing to find are left out."""

    calls = "recall(found, truth, k)"

    def cases(self, draw: Draw):
        row = torch.tensor
        yield case("fewer results than k", found=row([[1, 2, -1, -1]]), truth=row([[1, 2, 3, 4]]), k=4)
        yield case("fewer true neighbours than k", found=row([[1, 2, 3]]), truth=row([[1, -1, -1]]), k=3)
        yield case("padding on both sides", found=row([[2, -1, -1]]), truth=row([[1, -1, -1]]), k=3)
        yield case("k larger than both", found=row([[1, 2]]), truth=row([[2, 3]]), k=10)
        yield case("one query has nothing to find", found=row([[1, 2], [3, 4]]), truth=row([[1, 5], [-1, -1]]), k=2)
        yield case("nothing to find at all", found=row([[1, 2]]), truth=row([[-1, -1]]), k=2)

    def probe(self, solution, found, truth, k):
        return solution.recall(found, truth, k)


class ExactWhenItFits(Check):
    """With room for the vectors themselves the search is exact, and the ids are the user's."""

    calls = BUILD
    compare = False

    def cases(self, draw: Draw):
        for n in (700, 30):
            data, q, truth = points(draw, n)
            yield case(f"n = {n}, l2", **data, q=q, budget=budgets(n, WIDTH)["large"], metric="l2", truth=truth)

    def probe(self, solution, x, ids, q, budget, metric, truth):
        index = solution.build(x, ids, budget, metric)
        tight = solution.build(x, ids, size(index), metric)
        return {"found": ask(index, q)[1], "size": size(index), "tight": ask(tight, q)[1]}

    def verify(self, case, got, want):
        known = torch.isin(got["found"], case["ids"])
        strange = got["found"][~known].flatten()[:3].tolist()
        expect(bool(known.all()), f"the search gave {strange}, which are none of the given ids")
        exact = share(got["found"], case["truth"])
        expect(exact == 1.0, f"recall@10 is {exact:.3f} although the budget has room for exact vectors")
        expect(got["size"] <= case["budget"], f"the index takes {got['size']} bytes, the budget is {case['budget']}")
        exact = share(got["tight"], case["truth"])
        expect(exact == 1.0, f"recall@10 is {exact:.3f} with a budget of {got['size']} bytes, which fitted to the byte")


class KeepsEveryBudget(Check):
    """For three budgets the serialised index fits, holds all vectors, and is as good as the budget allows."""

    calls = BUILD
    compare = False

    def cases(self, draw: Draw):
        data, q, truth = points(draw, 1500)
        for (name, budget), floor in zip(budgets(1500, WIDTH).items(), (1.0, 0.9, 0.3), strict=True):
            yield case(f"the {name} budget", **data, q=q, budget=budget, truth=truth, floor=floor)

    def probe(self, solution, x, ids, q, budget, truth, floor):
        index = solution.build(x, ids, budget, "l2")
        return {"found": ask(index, q, nprobe=-1)[1], "size": size(index), "kept": int(index.ntotal)}

    def verify(self, case, got, want):
        expect(got["size"] <= case["budget"], f"the index takes {got['size']} bytes, the budget is {case['budget']}")
        expect(got["kept"] == len(case["ids"]), f"the index holds {got['kept']} of {len(case['ids'])} vectors")
        reached = share(got["found"], case["truth"])
        expect(reached >= case["floor"], f"recall@10 with every list open is {reached:.3f}, wanted {case['floor']}")


class TrainsOnTheWholeRange(Check):
    """Vectors that arrive ordered by cluster are learned from as a whole, not from their first rows."""

    calls = BUILD
    compare = False

    def cases(self, draw: Draw):
        data, q, truth = points(draw, 1500, ordered=True)
        yield dict(**data, q=q, budget=budgets(1500, WIDTH)["middle"], truth=truth)

    def probe(self, solution, x, ids, q, budget, truth):
        return ask(solution.build(x, ids, budget, "l2"), q, nprobe=-1)[1]

    def verify(self, case, got, want):
        reached = share(got, case["truth"])
        expect(reached >= 0.9, f"recall@10 with every list open is {reached:.3f}, wanted 0.9")


class CosineOnBothSides(Check):
    """cosine: values are cosines whatever the length of stored and asked vectors, also of those added later."""

    calls = BUILD
    compare = False

    def cases(self, draw: Draw):
        for name, slack in (("large", 1e-4), ("middle", 5e-2)):
            data, q, truth = points(draw, 1200, metric="cosine")
            budget = budgets(1200, WIDTH)[name]
            yield case(f"the {name} budget", **data, q=q, budget=budget, truth=truth, slack=slack)

    def probe(self, solution, x, ids, q, budget, truth, slack):
        index = solution.build(x, ids, budget, "cosine")
        values, found = ask(index, q, nprobe=-1)
        index.add_with_ids((100.0 * q).contiguous().numpy(), torch.arange(len(q)).numpy())
        again = ask(index, q, k=1, nprobe=-1)
        return {"values": values, "found": found, "added values": again[0], "added": again[1]}

    def verify(self, case, got, want):
        best = closeness(case["x"], case["q"], "cosine").topk(10).values
        off = float((got["values"].double() - best).abs().max())
        expect(off < case["slack"], f"the values differ from the cosines by up to {off:.3g}")
        reached = share(got["found"], case["truth"])
        expect(reached >= (0.999 if case["slack"] < 1e-3 else 0.85), f"recall@10 under cosine is {reached:.3f}")
        mean = float(got["added values"].double().mean())
        expect(
            abs(mean - 1) < case["slack"],
            f"vectors added later and asked again have the cosine {mean:.3f} with themselves",
        )


class IdsSurvive(Check):
    """After adding, removing, saving and loading, a stored vector is still found under the user's id."""

    calls = "build, then add_with_ids, remove_ids, serialize_index, deserialize_index"
    compare = False

    def cases(self, draw: Draw):
        for name in ("large", "middle"):
            data, _, _ = points(draw, 1600)
            gone = draw.permutation(1000)[:150]
            yield case(f"the {name} budget", **data, budget=budgets(1000, WIDTH)[name], gone=gone)

    def probe(self, solution, x, ids, budget, gone):
        import faiss

        index = solution.build(x[:1000], ids[:1000], budget, "l2")
        index.add_with_ids(x[1000:].contiguous().numpy(), ids[1000:].contiguous().numpy())
        index.remove_ids(ids[gone].numpy())
        index = faiss.deserialize_index(faiss.serialize_index(index))
        return {"nearest": ask(index, x, k=1, nprobe=-1)[1][:, 0], "kept": int(index.ntotal)}

    def verify(self, case, got, want):
        expect(
            got["kept"] == 1450, f"after adding 600 and removing 150 of 1,000 the index holds {got['kept']}, not 1450"
        )
        kept = torch.ones(1600, dtype=torch.bool)
        kept[case["gone"]] = False
        there = torch.isin(got["nearest"], case["ids"][case["gone"]])
        expect(not bool(there.any()), f"removed ids are still found, {int(there.sum())} times")
        right = float((got["nearest"] == case["ids"])[kept].double().mean())
        expect(right > 0.98, f"{right:.1%} of the stored vectors find themselves under their own id")


class AnyLayout(Check):
    """float64, half precision and non-contiguous vectors and ids build as good an index."""

    calls = BUILD
    compare = False

    def cases(self, draw: Draw):
        data, q, _ = points(draw, 600)
        x, ids = data["x"], data["ids"]
        for label, values in (
            ("float64", x.double()),
            ("bfloat16", x.bfloat16()),
            ("every second column", torch.stack([x, x * 9], -1).flatten(1)[:, ::2]),
            ("transposed", x.T.contiguous().T),
        ):
            pairs = torch.stack([ids, ids + 1], -1)[:, 0]
            for metric in ("l2", "cosine"):
                answer = neighbours(values, ids, q, metric)
                yield case(f"{label}, {metric}", x=values, ids=pairs, q=q, metric=metric, truth=answer)

    def probe(self, solution, x, ids, q, metric, truth):
        index = solution.build(x, ids, 1_000_000, metric)
        return ask(index, q)[1]

    def verify(self, case, got, want):
        reached = share(got, case["truth"])
        expect(reached >= 0.99, f"recall@10 is {reached:.3f}, wanted 1")


class SameDataSameIndex(Check):
    """Building twice from the same data gives the same bytes: training is seeded."""

    calls = BUILD + ", twice"

    def cases(self, draw: Draw):
        data, _, _ = points(draw, 1200)
        for name in ("middle", "small"):
            yield case(f"the {name} budget", **data, budget=budgets(1200, WIDTH)[name])

    def probe(self, solution, x, ids, budget):
        import faiss

        first, second = (faiss.serialize_index(solution.build(x, ids, budget, "l2")) for _ in range(2))
        return bool(first.shape == second.shape and (first == second).all())


class RefusesTheImpossible(Check):
    """A budget below any index, or a metric that does not exist, is a ValueError."""

    calls = BUILD

    def cases(self, draw: Draw):
        data, _, _ = points(draw, 300)
        yield case("8 bytes a vector: the ids alone", **data, budget=2400, metric="l2")
        yield case("an unknown metric", **data, budget=1_000_000, metric="hamming")

    def probe(self, solution, x, ids, budget, metric):
        return kind_raised(ValueError, solution.build, x, ids, budget, metric)


class _TunedIndex(Check):
    """What the checks of `tune` share: an index made by the judge, queries to tune on, others to hold out.

    Targets are no multiple of 1/1800, so that no rounding of a mean decides whether one is reached.
    """

    calls = TUNE
    compare = False
    lists = 40

    def drawn(self, draw: Draw, target: float, codes: str = "Flat"):
        data, q, truth = points(draw, 1600, queries=260)
        index = stored_index(data["x"], data["ids"], self.lists, codes)
        return dict(index=index, q=q[:180], truth=truth[:180], held=q[180:], held_truth=truth[180:], target=target)

    def probe(self, solution, index, q, truth, target, held, held_truth):
        import faiss

        index = loaded(index)
        result = solution.tune(index, q, truth, 10, target)
        left = int(faiss.extract_index_ivf(index).nprobe)
        found, held_found = ask(index, q)[1], ask(index, held)[1]
        less, most = ask(index, q, nprobe=max(1, left - 1))[1], ask(index, q, nprobe=-1)[1]
        return {"result": result, "left": left, "found": found, "held": held_found, "less": less, "most": most}


class TuneReachesTheTarget(_TunedIndex):
    """The index is left at an nprobe that reaches the target, on the given queries and on held-out ones of their kind."""

    def cases(self, draw: Draw):
        for target in (0.8003, 0.9503):
            yield case(f"target {target}", **self.drawn(draw, target))

    def verify(self, case, got, want):
        result, target = got["result"], case["target"]
        expect(
            result["nprobe"] == got["left"], f"says nprobe {result['nprobe']}, but the index is left at {got['left']}"
        )
        reached = share(got["found"], case["truth"])
        expect(reached >= target, f"at nprobe {got['left']} recall@10 is {reached:.3f}, the target {target}")
        # 80 queries with a spread of about 0.15 each: 0.1 is six standard errors
        held = share(got["held"], case["held_truth"])
        expect(held >= target - 0.1, f"on held-out queries recall@10 is {held:.3f}, the target {target}")
        expect(bool(result["reached"]), "the target is reached, but `reached` says it is not")
        told = float(result["recall"])
        expect(abs(told - reached) < 1e-4, f"says recall {told:.4f}; at nprobe {got['left']} it is {reached:.4f}")


class TuneIsCheap(_TunedIndex):
    """It is the smallest nprobe that reaches the target: with one list less, recall@k falls short of it."""

    def cases(self, draw: Draw):
        for target in (0.01, 0.3003, 0.7003, 1.0):
            yield case(f"target {target}", **self.drawn(draw, target))

    def verify(self, case, got, want):
        left, target = got["left"], case["target"]
        reached, less = share(got["found"], case["truth"]), share(got["less"], case["truth"])
        if target < 1.0:  # all are found unless float32 sees two distances the other way round: then nobody reaches 1
            expect(reached >= target, f"at nprobe {left} recall@10 is {reached:.3f}, the target {target}")
        told = bool(got["result"]["reached"])
        expect(
            told == (reached >= target),
            f"`reached` is {told}; at nprobe {left} recall@10 is {reached}, the target {target}",
        )
        expect(
            left == 1 or less < target,
            f"opens {left} lists; with {left - 1} recall@10 is {less:.3f}, the target {target}",
        )


class TuneSaysWhenItCannot(_TunedIndex):
    """Where no nprobe reaches the target: the largest, its recall, and reached = False."""

    def cases(self, draw: Draw):
        yield case("2 bytes a vector, target 0.99", **self.drawn(draw, 0.99, "PQ4x4np"))

    def verify(self, case, got, want):
        result = got["result"]
        expect(not result["reached"], "`reached` is true for a target that no setting reaches")
        expect(
            got["left"] == self.lists == result["nprobe"], f"nprobe is {result['nprobe']}, the best is all {self.lists}"
        )
        best = share(got["most"], case["truth"])
        expect(abs(result["recall"] - best) < 1e-4, f"says recall {result['recall']:.4f}; the best is {best:.4f}")


class TuneWithoutLists(Check):
    """An index without lists has nothing to set: nprobe None, its recall, and whether that is enough."""

    calls = TUNE

    def cases(self, draw: Draw):
        data, q, truth = points(draw, 300)
        yield case("a flat index", **data, q=q, truth=truth, target=0.9)
        yield case("a flat index, all of it wanted", **data, q=q, truth=truth, target=1.0)
        yield case(
            "half of the truth is elsewhere",
            **data,
            q=q,
            truth=torch.cat([truth[:, :5], -2 - truth[:, 5:]], 1),
            target=0.9,
        )
        yield case(
            "queries in float64, not contiguous",
            **data,
            q=torch.stack([q, q], -1)[..., 0].double(),
            truth=truth,
            target=0.9,
        )

    def probe(self, solution, x, ids, q, truth, target):
        import faiss

        index = faiss.index_factory(x.shape[1], "IDMap2,Flat")
        index.add_with_ids(x.numpy(), ids.numpy())
        result = solution.tune(index, q, truth, 10, target)
        return {
            "nprobe": result["nprobe"],
            "recall": round(float(result["recall"]), 6),
            "reached": bool(result["reached"]),
        }


class MiddleBudget(Workload):
    """recall@10 on held-out queries after build and tune for 0.97, at 1.2 bytes a number, n = 3,000."""

    calls = "build and tune within the middle budget"

    def cases(self, draw: Draw, n: int = 3000):
        data, q, truth = points(draw, n, queries=300)
        yield dict(**data, q=q, truth=truth, budget=budgets(n, WIDTH)["middle"])

    def probe(self, solution, x, ids, q, truth, budget):
        index = solution.build(x, ids, budget, "l2")
        if size(index) > budget:
            return 0.0
        solution.tune(index, q[:150], truth[:150], 10, 0.97)
        return share(ask(index, q[150:])[1], truth[150:])


class TuneManyLists(Workload):
    """100 queries, 4,000 vectors in 64 lists, target 0.9."""

    calls = "tune(index, q, truth, 10, 0.9) over 64 lists"
    compare = False

    def cases(self, draw: Draw, n: int = 4000, lists: int = 64):
        data, q, truth = points(draw, n, queries=100)
        yield dict(index=stored_index(data["x"], data["ids"], lists), q=q, truth=truth)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, 500, 8))

    def probe(self, solution, index, q, truth):
        return solution.tune(loaded(index), q, truth, 10, 0.9)["nprobe"]
