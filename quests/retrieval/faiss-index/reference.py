"""Choose, fill and tune a FAISS index: from exact vectors down to a few bytes each."""

import faiss
import numpy as np
from torch import Tensor

METRICS = {"l2": faiss.METRIC_L2, "cosine": faiss.METRIC_INNER_PRODUCT}  # of unit vectors, in the second case
POINTS_PER_LIST = 39  # below this k-means has too few points for its centroids; FAISS warns


def build(x: Tensor, ids: Tensor, budget_bytes: int, metric: str) -> faiss.Index:
    """The first recipe, from exact to coarse, whose serialised size is within the budget."""
    if metric not in METRICS:
        raise ValueError(f"metric {metric!r} is unknown; there are {', '.join(METRICS)}")
    vectors, labels = rows(x), ids.numpy()
    n, d = vectors.shape
    for recipe in recipes(n, d, "L2norm," if metric == "cosine" else ""):
        index = faiss.index_factory(d, recipe, METRICS[metric])
        index.train(vectors)  # on all rows: a prefix need not look like the rest. The k-means inside is seeded
        index.add_with_ids(vectors, labels)
        if faiss.serialize_index(index).nbytes <= budget_bytes:
            return index
    raise ValueError(f"{n} vectors of width {d} do not fit into {budget_bytes} bytes")


def recipes(n: int, d: int, normalise: str) -> list[str]:
    """Factory strings, the most exact first. L2norm inside the index serves stored and asked vectors alike."""
    lists = f"{normalise}IVF{max(1, min(round(n**0.5), n // POINTS_PER_LIST))}"  # IVF stores the user's ids
    return [
        f"IDMap2,{normalise}Flat",  # 4 d bytes; a flat index numbers its rows itself: the map holds the user's ids
        f"{lists},SQ8",  # d bytes
        f"{lists},PQ{d // 2}x4np",  # d / 4 bytes: 4 bits for each pair of numbers
    ]


def tune(index: faiss.Index, q: Tensor, truth: Tensor, k: int, target: float) -> dict:
    """Halve the range of nprobe: more lists hardly ever lower the recall, so what suffices is an upper bound."""
    queries, wanted, ivf = rows(q), truth.numpy(), faiss.try_extract_index_ivf(index)
    if ivf is None:
        reached = overlap(index.search(queries, k)[1], wanted, k)
        return {"nprobe": None, "recall": reached, "reached": reached >= target}

    def measure(nprobe: int) -> float:
        ivf.nprobe = nprobe
        return overlap(index.search(queries, k)[1], wanted, k)

    low, high = 1, ivf.nlist
    while low < high:
        middle = (low + high) // 2
        if measure(middle) >= target:
            high = middle
        else:
            low = middle + 1
    reached = measure(low)  # leaves the index at the choice
    return {"nprobe": low, "recall": reached, "reached": reached >= target}


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
    """What FAISS reads, float32. NumPy knows no bfloat16. Shares memory with x where x is float32 already: write nothing."""
    return x.float().numpy()
