"""The worker: one confined process that loads one solution and answers calls until it is killed.

It holds the probes' source, the inputs and the learner's code, and nothing else. Every reply is a claim that the judge
compares with what it knows; no reply says "passed".
"""

import contextlib
import io
import os
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import torch

from leveling.arena import frames, loading, metering, reporting, telling, watching, wire
from leveling.arena.exchange import CAPACITY, Exchange, ExchangeFull

JSON = dict[str, Any]


class Worker:
    """Answers the judge's requests over `channel`, values lying in `exchange`."""

    def __init__(self, channel: int, exchange: Exchange) -> None:
        self.channel = channel
        self.exchange = exchange
        self.solution = types.ModuleType("solution")
        self.probes: dict[str, Any] = {}
        self.paths: frozenset[str] = frozenset()
        self.device = "cpu"
        self.held: Any = None
        self.results = exchange.results()

    def serve(self) -> None:
        """Answer until the judge closes the channel."""
        while True:
            try:
                request = frames.read_frame(self.channel)
            except frames.ChannelClosed:
                return
            reply = self.answer(request)
            with contextlib.suppress(Exception):  # the learner may have closed or replaced sys.stdout
                sys.stdout.flush()
                sys.stderr.flush()
            frames.write_all(self.channel, frames.frame(reply))

    def answer(self, request: JSON) -> JSON:
        """One reply for one request; an exception of the solution becomes a reply too."""
        actions: dict[str, Callable[[JSON], JSON]] = {"load": self.load, "call": self.call, "calls": self.calls}
        try:
            return actions[request["do"]](request)
        except ExchangeFull as error:
            return {"full": str(error)}
        except wire.WireError as error:
            return {"full": f"the result cannot be sent: {error}"}
        except BaseException as error:  # SystemExit and KeyboardInterrupt of a solution are answers like any other
            return {"error": telling.describe(error, self.paths)}

    def load(self, request: JSON) -> JSON:
        """Run the solution's top level and the probes' source."""
        self.device = request.get("device", "cpu")
        sources = {name: (text, path) for name, (text, path) in request["sources"].items()}
        self.paths = frozenset(path for _, path in sources.values())
        seed_everything(request["seed"])
        self.solution = loading.load(request["name"], sources)
        text, path = request["probes"]
        loading.remember_lines(path, text)
        exec(compile(text, path, "exec"), self.probes)
        return {"ok": "true"}

    def call(self, request: JSON) -> JSON:
        """Run one probe once."""
        arguments = self.arguments(request["arguments"])
        probe = self.probe(request["probe"])
        with self.circumstances(request), metering.metered(request.get("meter", "")) as figures:
            self.held = None
            if order := request.get("watch"):
                watch = watching.Watch(order["rules"], order["ops"], self.paths)
                with watch.watching():
                    value = probe(self.solution, **arguments)
                if watch.hits:
                    figures["forbidden"] = watch.hits
            else:
                value = probe(self.solution, **arguments)
        self.held = value if request.get("hold") else None
        if not request.get("follow"):
            self.results = self.exchange.results()
        reply = {"ok": wire.pack(value, self.results)}
        if figures:
            reply["figures"] = figures  # type: ignore[assignment]  # a dict of plain numbers beside the text
        return reply

    def calls(self, request: JSON) -> JSON:
        """Run one probe on many inputs; the results travel inside the time that is measured."""
        every = [self.arguments(text) for text in request["arguments"]]
        probe = self.probe(request["probe"])
        writer = self.exchange.results()
        with self.circumstances(request):
            return {"oks": [wire.pack(probe(self.solution, **arguments), writer) for arguments in every]}

    def arguments(self, text: str) -> JSON:
        """The inputs of one call, their tensors in shared memory."""
        value = wire.unpack(text, self.exchange, share=True)
        assert isinstance(value, dict)
        if self.device != "cpu":
            return {key: to_device(item, self.device) for key, item in value.items()}
        return value

    def probe(self, name: str) -> Callable[..., Any]:
        """The probe called `Check.method`, bound to an empty object."""
        owner, _, method = name.partition(".")
        probe: Callable[..., Any] = getattr(self.probes[owner](), method)
        return probe

    @contextlib.contextmanager
    def circumstances(self, request: JSON) -> Iterator[None]:
        """The call's own seed and default dtype, put back afterwards."""
        seed_everything(request["seed"])
        usual = torch.get_default_dtype()
        if request.get("double"):
            torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(usual)
            torch.set_grad_enabled(True)


def seed_everything(seed: int) -> None:
    """Seed the global generators of torch, `random` and, where it is loaded, NumPy."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.cuda.manual_seed_all(seed)
    random.seed(seed)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % (1 << 32))


def to_device(value: Any, device: str) -> Any:
    """`value` with its tensors copied to `device`, still leaves that want the gradients they wanted."""
    if isinstance(value, torch.Tensor):
        return value.detach().to(device).requires_grad_(value.requires_grad)
    if isinstance(value, dict):
        return {key: to_device(item, device) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(to_device(item, device) for item in value)
    return value


def run(channel: int, exchange_fd: int) -> None:
    """The life of a worker whose descriptors 1 and 2 already lead to the judge's capture."""
    exchange = Exchange(exchange_fd, CAPACITY)
    os.close(exchange_fd)
    for name, fd in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(fd, "w", closefd=False)
        setattr(sys, name, io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "replace", line_buffering=True))
        setattr(sys, f"__{name}__", getattr(sys, name))
    sys.stdin = io.StringIO()
    reporting.open_to(channel)
    Worker(channel, exchange).serve()
