"""Real ranks inside the arena: a gloo process group over the loopback, met through a file in the scratch folder."""

import contextlib
import datetime
import os
from collections.abc import Iterator

RENDEZVOUS_SECONDS = 20


@contextlib.contextmanager
def process_group(rank: int, world: int, backend: str = "gloo", name: str = "rendezvous") -> Iterator[None]:
    """Join the ranks of this call for the duration of the body. The working folder is the ranks' common scratch."""
    import torch.distributed as dist

    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group(
        backend,
        init_method=f"file://{os.path.abspath(name)}",
        rank=rank,
        world_size=world,
        timeout=datetime.timedelta(seconds=RENDEZVOUS_SECONDS),
    )
    try:
        yield
    finally:
        dist.destroy_process_group()
