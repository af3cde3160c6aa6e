"""The classes that quest authors derive from: checks, workloads for gates, and quiz questions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from leveling.checks.drawing import Draw
from leveling.checks.tolerance import Tolerance

Inputs = dict[str, Any]


class Wrong(Exception):
    """Raised by `expect` inside `verify`: the learner's result breaks the property; the text is what they read."""


def expect(condition: object, message: str) -> None:
    """Demand `condition` of the learner's result.

    Raises:
        Wrong: with `message`, when it does not hold.
    """
    if not bool(condition):
        raise Wrong(message)


@dataclass(frozen=True, slots=True)
class Case:
    """One set of inputs with a label that tells the learner what is special about it."""

    label: str
    inputs: Inputs


def case(label: str, **inputs: Any) -> Case:
    """A labelled set of inputs: `yield case("one query", q=..., k=...)`."""
    return Case(label, inputs)


class Caller(Protocol):
    """What `conduct` may do with one side (the learner's or the reference's). Judge only."""

    @property
    def scratch(self) -> str:
        """The writable folder of this side; empty without `scratch`."""

    @property
    def sent(self) -> list[int]:
        """Bytes that each rank of the last `ranks` sent, read from the kernel."""

    def scratch_bytes(self) -> int:
        """Bytes of all files in the scratch folder, as the judge sees them."""

    def call(self, probe: str, **inputs: Any) -> Any:
        """Run a probe once and return its plain value."""

    def attempt(self, probe: str, **inputs: Any) -> Any:
        """As `call`, but an exception of the solution comes back as {"raised": ..., "message": ...}."""

    def ranks(self, probe: str, world: int, inputs: Sequence[Inputs] | None = None, **shared: Any) -> list[Any]:
        """Run a probe in `world` processes at once, each with `rank` and `world` added; results in rank order."""

    def restart(self) -> None:
        """End the process and start a fresh one that shares nothing but the scratch folder."""

    def limit_files(self, size: int | None) -> None:
        """From now on no file of this process can grow past `size` bytes: a disk that fills in mid-write. None undoes it by a restart."""

    def kill_during(self, probe: str, after_bytes: int, **inputs: Any) -> None:
        """Start a probe and kill the process once its scratch folder holds `after_bytes`; restarts it."""


class Check:
    """One hidden check. The first line of the docstring is the sentence that the learner reads.

    Judge only: `cases`, `verify`, `conduct`. Both sides: methods whose name starts with `probe`.

    Attributes:
        part: the drill (function) it judges; a failure skips only later checks of the same part.
        after: checks that must have passed before this one runs.
        calls: what the message says was called, such as "attention(q, k, v, keep)".
        compare: whether the result must equal the reference's (`verify` may demand more).
        truth: whether the reference runs in float64 too, to know how exact an answer can be.
        tolerance: overrides the measured error budget.
        changes: names of inputs that the call may change.
        battery: whether the generic battery may take this check's first case (other strides, float64, a second call).
        scratch: whether each side gets a writable folder.
        seconds: wall-clock limit of one call.
        confirm: how many independent seeds must fail before a statistical check fails.
    """

    part: ClassVar[str] = ""
    after: ClassVar[Sequence[type["Check"]] | type["Check"]] = ()
    calls: ClassVar[str] = ""
    compare: ClassVar[bool] = True
    truth: ClassVar[bool] = True
    tolerance: ClassVar[Tolerance | None] = None
    changes: ClassVar[Sequence[str]] = ()
    battery: ClassVar[bool] = True
    scratch: ClassVar[bool] = False
    seconds: ClassVar[float] = 10.0
    confirm: ClassVar[int] = 1

    def cases(self, draw: Draw) -> Iterable[Inputs | Case]:
        """Inputs to run the probe on, each a dict of its keyword arguments."""
        yield {}

    def verify(self, case: Mapping[str, Any], got: Any, want: Any) -> None:
        """Demand properties of the learner's result with `expect`. `got` and `want` hold plain tensors."""

    def conduct(self, side: Caller, **inputs: Any) -> Any:
        """How one side is driven; by default one call of `probe`. Overridden where several calls or processes are needed."""
        return side.call("probe", **inputs)

    @classmethod
    def name(cls) -> str:
        """The class name in kebab case, as messages, JSON and `caught_by` say it."""
        return kebab(cls.__name__)

    @classmethod
    def says(cls) -> str:
        """The first line of the docstring."""
        return first_line(cls.__doc__) or cls.name()

    @classmethod
    def earlier(cls) -> tuple[type["Check"], ...]:
        """The checks named in `after`."""
        return (cls.after,) if isinstance(cls.after, type) else tuple(cls.after)

    @classmethod
    def conducted(cls) -> bool:
        """Whether the author drives the sides by hand."""
        return cls.conduct is not Check.conduct


class Workload:
    """Inputs at the scale at which a gate measures, and the call to measure. Not a check: only gates refer to it.

    `cases` yields the inputs of one call (a gate runs every case it yields and the worst decides); `warm_up` yields a
    small set of the same kind, run first so that lazy initialisation is paid by nobody.
    """

    calls: ClassVar[str] = ""
    seconds: ClassVar[float] = 20.0
    preload: ClassVar[Sequence[str]] = ()
    scratch: ClassVar[bool] = False
    world: ClassVar[int] = 1
    tolerance: ClassVar[Tolerance | None] = None
    compare: ClassVar[bool] = True

    def cases(self, draw: Draw) -> Iterable[Inputs | Case]:
        """Full-size inputs, fresh at every call."""
        yield {}

    def warm_up(self, draw: Draw) -> Inputs:
        """Small inputs of the same kind."""
        for first in self.cases(draw):
            return first.inputs if isinstance(first, Case) else first
        return {}

    def conduct(self, side: Caller, **inputs: Any) -> Any:
        """For figures that the judge observes itself (file size, bytes on the wire): returns the figure."""
        return side.call("probe", **inputs)

    @classmethod
    def name(cls) -> str:
        """The class name in kebab case."""
        return kebab(cls.__name__)

    @classmethod
    def says(cls) -> str:
        """The first line of the docstring."""
        return first_line(cls.__doc__) or cls.name()


@dataclass(frozen=True, slots=True)
class Asked:
    """A quiz question as drawn.

    `answer` is what `Question.accepts` compares with; `choices`, when given, are shown numbered and `answer` is one of
    them; `explanation` is shown after the answer, right or wrong; `wrong` maps a misconception's name to the answer it
    would give.
    """

    prompt: str
    answer: Any
    explanation: str
    choices: tuple[str, ...] = ()
    wrong: Mapping[str, Any] | None = None


class Question:
    """One quiz question, drawn anew at each try. The docstring says what it asks about."""

    form: ClassVar[str] = ""

    def ask(self, draw: Draw) -> Asked:
        """Draw numbers, compute the answer, word the question."""
        raise NotImplementedError

    def accepts(self, asked: Asked, text: str) -> bool:
        """Whether the typed `text` is right: compared as a normalised literal, or as a choice's number or words."""
        return normal(text, asked.choices) == normal(str(asked.answer), asked.choices)

    @classmethod
    def name(cls) -> str:
        """The class name in kebab case."""
        return kebab(cls.__name__)


def normal(text: str, choices: Sequence[str] = ()) -> str:
    """An answer without what does not matter: spaces, case, brackets' kind, a trailing comma, the number of a choice."""
    text = text.strip().lower()
    if choices and text.isdecimal() and 1 <= int(text) <= len(choices):
        text = choices[int(text) - 1].lower()
    text = re.sub(r"\btorch\.size\b|\btorch\.", "", text)
    text = re.sub(r"\s+", "", text).replace("[", "(").replace("]", ")").replace("_", "").replace(",)", ")")
    while text.startswith("(") and text.endswith(")") and "(" not in text[1:-1]:
        text = text[1:-1]
    return re.sub(r"^([+-]?\d+)\.0*$", r"\1", text)


def kebab(name: str) -> str:
    """MatchesReference -> matches-reference."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def first_line(doc: str | None) -> str:
    """The first line of a docstring."""
    return (doc or "").strip().split("\n", 1)[0].strip()
