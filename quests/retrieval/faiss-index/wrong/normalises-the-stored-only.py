"""Normalises what build is given, and nothing else."""

import faiss
import numpy as np
import torch


def rows(x):
    return np.ascontiguousarray(x.float().numpy())


def build(x, ids, budget_bytes, metric):
    if metric not in ("l2", "cosine"):
        raise ValueError(f"no metric {metric}")
    data, labels = rows(x), np.ascontiguousarray(ids.numpy())
    n, d = data.shape
    kind = faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT
    norm = ""
    if metric == "cosine":
        faiss.normalize_L2(data)
    c = max(1, n // 60)
    for codes in ("Flat", "SQ8", "SQ4", f"PQ{d // 2}x4np", f"PQ{d // 4}x4np"):
        factory = f"IDMap2,{norm}Flat" if codes == "Flat" else f"{norm}IVF{c},{codes}"
        index = faiss.index_factory(d, factory, kind)
        index.train(data)
        index.add_with_ids(data, labels)
        if len(faiss.serialize_index(index)) <= budget_bytes:
            return index
    raise ValueError("the budget is too small")


def tune(index, q, truth, k, target):
    ivf = faiss.try_extract_index_ivf(index)
    steps = [None] if ivf is None else range(1, ivf.nlist + 1)
    for nprobe in steps:
        if ivf is not None:
            ivf.nprobe = nprobe
        _, found = index.search(rows(q), k)
        reached = recall(torch.from_numpy(found), truth, k)
        if reached >= target:
            break
    return {"nprobe": nprobe, "recall": reached, "reached": reached >= target}


def recall(found, truth, k):
    shares = []
    for got, want in zip(found[:, :k].tolist(), truth[:, :k].tolist(), strict=True):
        wanted = set(want) - {-1}
        if wanted:
            shares.append(len(wanted & set(got)) / len(wanted))
    return sum(shares) / len(shares) if shares else 1.0
