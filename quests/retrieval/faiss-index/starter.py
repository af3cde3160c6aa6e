"""Choose, fill and tune a FAISS index."""

import faiss
from torch import Tensor


def build(x: Tensor, ids: Tensor, budget_bytes: int, metric: str) -> faiss.Index:
    """The most exact index that fits.

    Args:
        x: (n, d) vectors in any float dtype and layout; not changed
        ids: int64 (n,) the user's ids
        budget_bytes: what `len(faiss.serialize_index(index))` may be
        metric: "l2", or "cosine" (larger is nearer; the index normalises whatever is added or asked, so a caller
            never has to)

    Raises:
        ValueError: for another metric, and when nothing that you can build fits
    """
    raise NotImplementedError("build")


def tune(index: faiss.Index, q: Tensor, truth: Tensor, k: int, target: float) -> dict:
    """Set the smallest `nprobe` at which recall@k over the queries reaches the target.

    Args:
        q: (nq, d) queries; truth: int64 (nq, >= k) ids of their exact neighbours, best first, padded with -1

    Returns:
        {"nprobe": int, "recall": float at that nprobe, "reached": bool}. When no setting reaches the target: the
        largest nprobe, its recall, False. An index without lists has nothing to set: nprobe is None.
    """
    raise NotImplementedError("tune")


def recall(found: Tensor, truth: Tensor, k: int) -> float:
    """Mean over queries of the share of the true top k ids that are among the first k found.

    Args:
        found: int64 (nq, kf); truth: int64 (nq, kt); -1 is padding, neither found nor to be found

    Order does not matter and an id found twice counts once. Queries with nothing to find are left out; 1.0 when there
    are no others.
    """
    raise NotImplementedError("recall")
