"""The files a solution's process may read: the interpreter, torch and what it needs, named packages, a few of the system's.

Landlock only adds: a folder that is allowed is allowed with all below it. So no folder is named that has something of
ours below it (quests, checks, references, saves); its entries are named one by one instead.
"""

import importlib.metadata
import importlib.util
import os
import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

_ALWAYS_PACKAGES = ("torch", "numpy", "triton")
_SITE_NAMES = ("site-packages", "dist-packages")
_LIBRARY_FOLDERS = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/lib32", "/usr/lib32")
_SYSTEM = (
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/kernel/mm/transparent_hugepage",
)
_SHARED_LIBRARY = re.compile(r"\.so(\.|$)")
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def readable_paths(packages: Sequence[str]) -> tuple[str, ...]:
    """Files and folders that a solution using torch and `packages` (as on PyPI, or as imported) may read.

    Real paths, none below another; names that are not installed are left out. Computed once for each choice.
    """
    return _readable_paths(tuple(sorted(set(packages))))


@cache
def _readable_paths(packages: tuple[str, ...]) -> tuple[str, ...]:
    hidden = frozenset((*our_folders(), *_site_folders()))
    wide = [path for root in (*_interpreter(), *_LIBRARY_FOLDERS) for path in without(_real(root), hidden)]
    entries = [entry for name in _closure((*_ALWAYS_PACKAGES, *packages)) for entry in _entries(name)]
    ours = frozenset(our_folders())
    named = [path for entry in entries for path in without(_real(entry), ours)]
    return tuple(_outermost((*wide, *named, *map(_real, _SYSTEM))))


def our_folders() -> tuple[Path, ...]:
    """Where something of ours may lie: the package, and beside it the content and saves of a checkout."""
    package = Path(__file__).resolve().parents[2]
    beside = (package.parent / name for name in ("quests", "dungeons", "saves", "tests"))
    return (package, *(folder for folder in beside if folder.is_dir()))


def _site_folders() -> Iterator[Path]:
    """Folders of installed packages that this interpreter looks into, or that lie in its standard library."""
    paths = sysconfig.get_paths()
    found = [paths["purelib"], paths["platlib"], *site.getsitepackages(), site.getusersitepackages()]
    found += [path for path in sys.path if Path(path).name in _SITE_NAMES]
    found += [str(Path(folder) / name) for folder in _standard_library() for name in _SITE_NAMES]
    return (_real(path) for path in dict.fromkeys(found))


def _standard_library() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(dict.fromkeys((paths["stdlib"], os.path.dirname(os.__file__))))


def _interpreter() -> Iterator[str]:
    """The standard library (with its compiled parts) and the shared libraries that came with the interpreter."""
    yield from _standard_library()
    if compiled := sysconfig.get_config_var("DESTSHARED"):
        yield compiled
    libraries = Path(sysconfig.get_config_var("LIBDIR") or sys.base_prefix)
    if libraries.is_dir():
        yield from (entry.path for entry in os.scandir(libraries) if _SHARED_LIBRARY.search(entry.name))


def without(path: Path, hidden: frozenset[Path]) -> Iterator[Path]:
    """`path`, or where something hidden lies below it, its entries that are and hold nothing hidden."""
    if path in hidden or not path.exists():
        return
    if any(folder.is_relative_to(path) for folder in hidden):
        for entry in sorted(path.iterdir()):
            yield from without(_real(entry), hidden)
    elif not any(path.is_relative_to(folder) for folder in hidden):
        yield path


def _closure(names: Iterable[str]) -> list[str]:
    """`names` and all that their installed distributions require, optional extras aside."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        found[key] = None
        waiting += _requirements(name)
    return list(found)


def _requirements(name: str) -> Iterator[str]:
    try:
        lines = importlib.metadata.requires(name) or ()
    except importlib.metadata.PackageNotFoundError:
        yield from _distributions_of(name)
        return
    for line in lines:
        if "extra ==" not in line and (match := _REQUIREMENT_NAME.match(line)):
            yield match[0]


def _distributions_of(import_name: str) -> tuple[str, ...]:
    """The distributions that bring an import name of another spelling, such as faiss-cpu for faiss."""
    top = import_name.replace("-", "_").partition(".")[0]
    return tuple(importlib.metadata.packages_distributions().get(top, ()))


def _entries(name: str) -> Iterator[str]:
    """What a distribution put into its folder of packages; for a name that is none, where its import would come from."""
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        yield from _import_origin(name)
        return
    record = distribution.read_text("RECORD") or ""
    files = [line.split(",")[0].strip('"') for line in record.splitlines()]
    files = files or [str(file) for file in distribution.files or ()]
    tops = {_top(file) for file in files if file and not file.startswith(("..", "/"))}
    yield from (str(distribution.locate_file(top)) for top in sorted(tops))
    if not any(not top.endswith((".dist-info", ".pth")) for top in tops):
        yield from _import_origin(name)  # an editable install lists no code of its own


def _top(file: str) -> str:
    """The first part of a recorded path; of the folder that all single-file packages share, the file itself."""
    first, _, rest = file.partition("/")
    return file if first == "__pycache__" and rest else first


def _import_origin(name: str) -> Iterator[str]:
    try:
        spec = importlib.util.find_spec(name.replace("-", "_").partition(".")[0])
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    if spec.submodule_search_locations:
        yield from spec.submodule_search_locations
    elif spec.origin and spec.has_location:
        yield spec.origin


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))


def _outermost(paths: Iterable[Path]) -> Iterator[str]:
    """The existing ones, without doubles and without what lies below another."""
    kept: set[Path] = set()
    for path in sorted(set(paths), key=lambda path: len(path.parts)):
        if path.exists() and not kept.intersection((path, *path.parents)):
            kept.add(path)
            yield str(path)
