"""Checks and gates of an attempt, one line each, filled in as the judge tells them."""

from collections.abc import Iterator, Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from leveling.judge.protocol import CheckResult, GateResult
from leveling.play.attempting import Announced
from leveling.play.limits_in_words import gate_in_words
from leveling.play.printed import safe
from leveling.tui.widgets.judging_gates import gate_line
from leveling.tui.widgets.judging_signs import sign
from leveling.world.quest import GateSpec
from leveling.world.words import CheckStatus, GateStatus

LONGEST_NAME = 34


class ChecksView(Widget):
    """What is judged. While it runs every line shows; after a failure the passed ones shrink to one, until `all_lines`."""

    DEFAULT_CSS = "ChecksView { height: auto; }"

    def __init__(self, gates: Sequence[GateSpec] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.specs = tuple(gates)
        self.all_lines = False
        self._tall = 0
        self.clear()

    def clear(self) -> None:
        """Forget the attempt before."""
        self.expected: tuple[tuple[str, str], ...] = ()
        self.expected_gates: tuple[tuple[str, str], ...] = ()
        self.checks: list[CheckResult] = []
        self.gates: list[GateResult] = []
        self.over = True
        self._changed()

    def announce(self, event: Announced) -> None:
        """The names of what is to come."""
        self.expected, self.expected_gates, self.over = event.checks, event.gates, False
        self._changed()

    def add(self, result: CheckResult | GateResult) -> None:
        """One result."""
        if isinstance(result, CheckResult):
            self.checks.append(result)
        else:
            self.gates.append(result)
        self._changed()

    def finish(self) -> None:
        """Nothing more comes."""
        self.over = True
        self._changed()

    def toggle_lines(self) -> None:
        """Show every line, or the telling ones."""
        self.all_lines = not self.all_lines
        self._changed()

    def _changed(self) -> None:
        """Draw it; lay the screen out anew only for another height: a result mostly takes the line of what was awaited."""
        tall = len(list(self._lines(self.content_size.width or 76)))
        self.refresh(layout=tall != self._tall)
        self._tall = tall

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """One cell for every line."""
        return len(list(self._lines(width)))

    def render(self) -> Content:
        """The lines, cut to the width."""
        return Content("\n").join(list(self._lines(self.content_size.width or 76)))

    def _lines(self, width: int) -> Iterator[Content]:
        names = [name for name, _ in self.expected] + [check.name for check in self.checks]
        names += [f"{kind} ({device})" for kind, device in self.expected_gates]
        longest = min(LONGEST_NAME, max(map(len, names), default=0))
        for line in (*self._check_lines(longest), *self._gate_lines(longest, width)):
            yield line.truncate(width, ellipsis=True)

    def _check_lines(self, longest: int) -> Iterator[Content]:
        told = {check.name for check in self.checks}
        statuses = [check.status.value for check in self.checks] + [gate.status.value for gate in self.gates]
        failed = "failed" in statuses
        short = self.over and failed and not self.all_lines
        passed = [check.name for check in self.checks if check.status is CheckStatus.PASSED]
        skipped = sum(check.status is CheckStatus.SKIPPED for check in self.checks)
        if short and passed:
            yield Content.assemble(sign("passed"), f" {len(passed)} passed", (f": {', '.join(passed)}", "$quiet"))
        for check in self.checks:
            if check.status is CheckStatus.FAILED or not (short or check.status is CheckStatus.SKIPPED):
                yield _check_line(check.status.value, check.name, check.says, longest)
        if skipped:
            yield Content.assemble(sign("skipped"), (f" {skipped} later checks were not run", "$quiet"))
        waiting = [] if self.over else [each for each in self.expected if each[0] not in told]
        for place, (name, says) in enumerate(waiting):
            yield _check_line("waiting" if place else "running", name, says, longest)

    def _gate_lines(self, longest: int, width: int) -> Iterator[Content]:
        for gate in self.gates:
            yield gate_line(gate, f"{gate.gate} ({gate.device})"[:LONGEST_NAME], longest, width)
        waiting = list(self.expected_gates) if not self.over else []
        for gate in self.gates:
            if (gate.gate, gate.device) in waiting:
                waiting.remove((gate.gate, gate.device))
        checked = len(self.checks) >= len(self.expected)
        for place, (kind, device) in enumerate(waiting):
            state = "running" if checked and not place else "waiting"
            yield _check_line(state, f"{kind} ({device})", self._limit(kind, device), longest)
        sealed = sum(gate.status is GateStatus.SEALED for gate in self.gates)
        if sealed and self.over:
            yield Content.styled(f"  {sealed} sealed here: they block nothing", "$quiet")

    def _limit(self, kind: str, device: str) -> str:
        spec = next((each for each in self.specs if (each.kind, each.device) == (kind, device)), None)
        return gate_in_words(spec).partition(": ")[2] if spec else ""


def _check_line(status: str, name: str, says: str, longest: int) -> Content:
    style = "bold" if status in ("failed", "running") else "$quiet" if status == "waiting" else ""
    promise = (f"  {safe(says)}", "$quiet")
    return Content.assemble(sign(status), " ", (f"{name[:LONGEST_NAME]:<{longest}}", style), promise)
