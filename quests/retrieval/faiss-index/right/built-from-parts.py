"""Indexes put together from classes, without the factory; nprobe by growing steps and back one by one; recall by broadcasting."""

import faiss
import numpy as np
import torch


def flat(width, metric):
    return faiss.IndexFlatL2(width) if metric == "l2" else faiss.IndexFlatIP(width)


def with_lists(width, metric, lists, codes):
    kind = faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT
    coarse = flat(width, metric)
    if codes == "bytes":
        index = faiss.IndexIVFScalarQuantizer(coarse, width, lists, faiss.ScalarQuantizer.QT_8bit, kind)
    else:
        index = faiss.IndexIVFPQ(coarse, width, lists, max(1, width // 2), 4, kind)
    coarse.this.disown()
    index.own_fields = True
    index.cp.seed = 7
    return index


def build(x, ids, budget_bytes, metric):
    if metric not in ("l2", "cosine"):
        raise ValueError(metric)
    vectors = x.to(torch.float32).contiguous().numpy()
    width = vectors.shape[1]
    prefix = "" if metric == "l2" else "L2norm,"
    kind = faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT
    lists = max(1, len(vectors) // 50)
    if 4 * vectors.size + 8 * len(vectors) < budget_bytes:
        candidates = [faiss.IndexIDMap2(flat(width, "l2"))] if metric == "l2" else []
        candidates += [faiss.index_factory(width, f"IDMap2,{prefix}Flat", kind)]
    else:
        candidates = []
    if metric == "l2":
        candidates += [with_lists(width, metric, lists, codes) for codes in ("bytes", "parts")]
    else:
        candidates += [faiss.index_factory(width, f"{prefix}IVF{lists},{codes}", kind) for codes in ("SQ8", "SQ4")]
    for index in candidates:
        index.train(vectors)
        index.add_with_ids(vectors, ids.contiguous().numpy())
        if faiss.serialize_index(index).size <= budget_bytes:
            return index
    raise ValueError(f"nothing fits into {budget_bytes} bytes")


def tune(index, q, truth, k, target):
    queries = q.to(torch.float32).contiguous().numpy()

    def measured():
        return recall(torch.from_numpy(index.search(queries, k)[1]), truth, k)

    ivf = faiss.try_extract_index_ivf(index)
    if ivf is None:
        reached = measured()
        return dict(nprobe=None, recall=reached, reached=reached >= target)
    ivf.nprobe = 1
    while (reached := measured()) < target and ivf.nprobe < ivf.nlist:
        ivf.nprobe = min(ivf.nlist, max(ivf.nprobe + 1, int(ivf.nprobe * 1.5)))
    while ivf.nprobe > 1 and reached >= target:  # back to the first that does
        ivf.nprobe -= 1
        less = measured()
        if less < target:
            ivf.nprobe += 1
            break
        reached = less
    return dict(nprobe=ivf.nprobe, recall=reached, reached=reached >= target)


def recall(found, truth, k):
    found, truth = found[:, :k], truth[:, :k]
    real = truth != -1
    first = torch.ones_like(real)  # an id that stands twice in truth is to be found once
    for column in range(1, truth.shape[1]):
        first[:, column] = (truth[:, :column] != truth[:, column : column + 1]).all(1)
    real = real & first
    hit = (truth[:, :, None] == found[:, None, :]).any(-1) & real
    some = real.any(1)
    if not bool(some.any()):
        return 1.0
    return float(np.mean((hit.sum(1)[some] / real.sum(1)[some]).double().numpy()))
