"""Load a solution from text, in the worker: importable under its name, visible to `inspect` and tracebacks, no file needed."""

import importlib.abc
import importlib.machinery
import linecache
import sys
import types
from collections.abc import Mapping, Sequence


class SourceLoader(importlib.abc.InspectLoader):
    """Gives the import system the sources that came over the wire."""

    def __init__(self, sources: Mapping[str, tuple[str, str]]) -> None:
        self.sources = dict(sources)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a name we hold, or of a package that holds one."""
        if name in self.sources:
            return importlib.machinery.ModuleSpec(
                name, self, origin=self.sources[name][1], is_package=self.is_package(name)
            )
        if self.is_package(name):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def is_package(self, fullname: str) -> bool:
        """Whether something we hold lies below `fullname`."""
        return any(other.startswith(fullname + ".") for other in self.sources)

    def get_source(self, fullname: str) -> str:
        """The text of `fullname`; empty for a bare package."""
        return self.sources.get(fullname, ("", ""))[0]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        """Python's own way."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the text under the path the learner knows."""
        text, path = self.sources.get(module.__name__, ("", f"<{module.__name__}>"))
        module.__file__ = path
        remember_lines(path, text)
        exec(compile(text, path, "exec"), module.__dict__)


def remember_lines(path: str, text: str) -> None:
    """Let tracebacks and `inspect.getsource` find `text` under `path` although no such file can be read here."""
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)


def load(name: str, sources: Mapping[str, tuple[str, str]]) -> types.ModuleType:
    """Import `name` from `sources` (module name -> text, path). Whatever its top level raises comes through."""
    loader = SourceLoader(sources)
    sys.meta_path.insert(0, loader)
    return importlib.import_module(name)
