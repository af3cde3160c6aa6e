"""Run by the tests in a fresh interpreter: import torch, fork, confine the child as a zygote does, and train.

Arguments: `before` or `after` (when torch._dynamo is imported, seen from the confinement), threads, what to run, folder.
"""

import importlib
import os
import sys
from typing import Any

import torch

from leveling.arena.confine import Policy, confine, prepare, readable_paths

torch.set_num_threads(1)


def train(scratch: str) -> None:
    """A few steps of AdamW on a small network, big enough to be shared between threads."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 4))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    inputs, labels = torch.randn(512, 256), torch.randint(4, (512,))
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0], losses


def load(scratch: str) -> None:
    """Two loader processes hand over every sample."""
    from torch.utils.data import DataLoader, TensorDataset

    loader: Any = DataLoader(TensorDataset(torch.arange(64)), batch_size=8, num_workers=2)
    assert sorted(number for (part,) in loader for number in part.tolist()) == list(range(64))


def reduce(scratch: str) -> None:
    """gloo finds the loopback interface and adds up."""
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method=f"file://{scratch}/meeting", rank=0, world_size=1)
    ones = torch.ones(3)
    dist.all_reduce(ones)
    assert ones.tolist() == [1, 1, 1]
    dist.destroy_process_group()


def main(when: str, threads: int, what: str, scratch: str) -> None:
    """Fork, confine, run; the exit status is the child's."""
    if when == "before":
        importlib.import_module("torch._dynamo")
    needs = {"train": {}, "load": {"processes": 2}, "reduce": {"loopback": True}}[what]
    folder = None if what == "train" else scratch
    policy = Policy(read=readable_paths(()), scratch=folder, file_bytes=1 << 26, **needs)  # type: ignore[arg-type]  # a row of settings
    prepare(policy)
    pid = os.fork()
    if pid:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    print(*confine(policy))
    torch.set_num_threads(threads)
    {"train": train, "load": load, "reduce": reduce}[what](scratch)
    assert "torch._dynamo" in sys.modules or what != "train"
    print(len(os.listdir("/proc/self/task")), "threads")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
