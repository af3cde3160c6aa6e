"""What the judge's interpreter and machine offer, for `leveling doctor`."""

import importlib.util
import os
import platform
import sys
from typing import Any

from leveling.arena.confine import available_layers


def gather(packages: list[str]) -> dict[str, Any]:
    """Plain facts: versions, devices, sandbox layers, cores, and which of `packages` are missing."""
    import torch

    cuda = torch.cuda.is_available()
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "torch": torch.__version__,
        "cuda_build": torch.version.cuda or "",
        "cuda_devices": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        if cuda
        else [],
        "layers": available_layers(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.release()}",
        "missing": [name for name in packages if not _found(name)],
    }


def _found(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
