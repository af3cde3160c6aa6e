"""Choose, fill and tune a FAISS index: from exact vectors down to a few bytes each."""

from collections.abc import Iterator

import faiss
import numpy as np
from torch import Tensor

METRICS = {"l2": faiss.METRIC_L2, "cosine": faiss.METRIC_INNER_PRODUCT}  # of unit vectors, in the second case
POINTS_PER_LIST = 39  # below this k-means has too few points for its centroids; FAISS warns


def build(x: Tensor, ids: Tensor, budget_bytes: int, metric: str) -> faiss.Index:
    """The first recipe, from exact to coarse, whose serialised size is within the budget."""
    if metric not in METRICS:
        raise ValueError(f"metric {metric!r} is unknown; there are {', '.join(METRICS)}")
    vectors, labels = rows(x), np.ascontiguousarray(ids.numpy(), dtype=np.int64)
    n, d = vectors.shape
    for recipe, code_bytes in recipes(n, d, "L2norm," if metric == "cosine" else ""):
        if n * (code_bytes + 8) > budget_bytes:  # a code and an id each; only then is training worth its time
            continue
        index = faiss.index_factory(d, recipe, METRICS[metric])
        index.train(vectors)  # on all rows: a prefix need not look like the rest. The k-means inside is seeded
        index.add_with_ids(vectors, labels)
        if faiss.serialize_index(index).nbytes <= budget_bytes:
            return index
    raise ValueError(f"{n} vectors of width {d} do not fit into {budget_bytes} bytes")


def recipes(n: int, d: int, normalise: str) -> Iterator[tuple[str, int]]:
    """(factory string, bytes of one code), the most exact first. L2norm inside the index serves stored and asked vectors."""
    yield f"IDMap2,{normalise}Flat", 4 * d  # a flat index numbers its rows itself: the map holds the user's ids
    lists = f"{normalise}IVF{max(1, min(round(n**0.5), n // POINTS_PER_LIST))}"  # IVF stores the user's ids
    yield f"{lists},SQ8", d  # a byte a number
    for m in range(d, 0, -1):
        if d % m == 0:
            yield f"{lists},PQ{m}x4np", (m + 1) // 2  # m parts of the vector, 4 bits each


def tune(index: faiss.Index, q: Tensor, truth: Tensor, k: int, target: float) -> dict:
    """Double nprobe until the target is reached, then halve the last interval."""
    queries, ivf = rows(q), faiss.try_extract_index_ivf(index)

    def measure(nprobe: int) -> float:
        ivf.nprobe = nprobe
        return overlap(index.search(queries, k)[1], truth.numpy(), k)

    if ivf is None:
        reached = overlap(index.search(queries, k)[1], truth.numpy(), k)
        return {"nprobe": None, "recall": reached, "reached": reached >= target}
    seen: dict[int, float] = {}
    below, nprobe = 0, 1
    while (seen.setdefault(nprobe, measure(nprobe))) < target:
        if nprobe == ivf.nlist:
            return {"nprobe": nprobe, "recall": seen[nprobe], "reached": False}
        below, nprobe = nprobe, min(2 * nprobe, ivf.nlist)
    while nprobe - below > 1:
        middle = (below + nprobe) // 2
        seen[middle] = measure(middle)
        below, nprobe = (below, middle) if seen[middle] >= target else (middle, nprobe)
    ivf.nprobe = nprobe
    return {"nprobe": nprobe, "recall": seen[nprobe], "reached": True}


def recall(found: Tensor, truth: Tensor, k: int) -> float:
    """Mean share of the true top k that was found."""
    return overlap(found.numpy(), truth.numpy(), k)


def overlap(found: np.ndarray, truth: np.ndarray, k: int) -> float:
    """`recall` on arrays: sets of ids, without the padding -1."""
    shares = []
    for got, want in zip(found[:, :k].tolist(), truth[:, :k].tolist(), strict=True):
        wanted = set(want) - {-1}
        if wanted:
            shares.append(len(wanted.intersection(got)) / len(wanted))
    return float(np.mean(shares)) if shares else 1.0


def rows(x: Tensor) -> np.ndarray:
    """What FAISS reads: float32, row after row. Shares memory with x where x is that already, so nobody writes to it."""
    return np.ascontiguousarray(x.detach().numpy(), dtype=np.float32)
