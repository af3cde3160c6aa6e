"""TEMPORARY shim until the package lands."""

import torch
from dataclasses import dataclass
from leveling.arena.wire import TensorValue


@dataclass
class Mismatch:
    kind: str
    where: str
    message: str


def compare(got, want, truth, *, tolerance=None, where="result"):
    if isinstance(want, dict):
        if not isinstance(got, dict) or got.keys() != want.keys():
            return Mismatch("structure", where, "keys")
        for k in want:
            m = compare(got[k], want[k], None, tolerance=tolerance, where=f"{where}[{k!r}]")
            if m:
                return m
        return None
    if isinstance(want, (list, tuple)):
        if not isinstance(got, (list, tuple)) or len(got) != len(want):
            return Mismatch("structure", where, f"{where} len")
        for i, (a, b) in enumerate(zip(got, want)):
            m = compare(a, b, None, tolerance=tolerance, where=f"{where}[{i}]")
            if m:
                return m
        return None
    if isinstance(want, TensorValue):
        if not isinstance(got, TensorValue):
            return Mismatch("attributes", where, f"{where}: {type(got)}")
        a, b = got.tensor, want.tensor
        if a.shape != b.shape or a.dtype != b.dtype:
            return Mismatch("attributes", where, f"{where} shape {a.shape} {a.dtype} expected {b.shape} {b.dtype}")
        t = 2e-2 if b.dtype in (torch.float16, torch.bfloat16) else 1e-5
        ok = torch.allclose(a.double(), b.double(), rtol=t, atol=t, equal_nan=True)
        return (
            None if ok else Mismatch("values", where, f"{where} differs got {a.flatten()[:5]} want {b.flatten()[:5]}")
        )
    return None if got == want else Mismatch("exact", where, f"{where}: {got!r} != {want!r}")


def summary(v):
    return f"{v.dtype} {tuple(v.shape)}" if isinstance(v, torch.Tensor) else repr(v)[:80]
