"""A worker spawned as a fresh interpreter: for CUDA, which cannot cross a fork, and for systems other than Linux.

It imports torch while nobody waits, then sleeps until the judge says what it is to become.
"""

import contextlib
import importlib
import os
import sys
from typing import NoReturn

from leveling.arena import frames
from leveling.arena.settling import die_with_parent, settle


def main() -> NoReturn:
    """argv: path of the package's parent, channel, exchange, output descriptors."""
    channel, exchange, output = (int(text) for text in sys.argv[2:5])
    try:
        die_with_parent()
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        import torch

        torch.set_num_threads(1)
        with contextlib.suppress(ImportError):
            import numpy.random  # noqa: F401 - seeded by every worker
        import leveling.checks  # noqa: F401 - probes import it when files can no longer be read
        from leveling.arena import worker

        request = frames.read_frame(channel)
        for name in request.get("preload", ()):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        settle(request, channel, output)
        worker.run(channel, exchange)
    except frames.ChannelClosed:
        pass
    except BaseException as error:
        with contextlib.suppress(BaseException):
            text = f"the arena could not be set up: {type(error).__name__}: {error}"
            frames.write_all(channel, frames.frame({"broken": text}))
    os._exit(0)
