"""A failure told in full: the shortest true explanation first, then what was found, where the brief speaks of it, the next hint."""

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Markdown, Static

from leveling.coach import Explanation
from leveling.judge.protocol import Judgement
from leveling.play.printed import safe
from leveling.tui.widgets.judging_signs import verdict_line
from leveling.world.words import CheckStatus, GateStatus

LONGEST_SECTION = 1200  # characters of Markdown that render at once in a twentieth of a second


class FailureView(Vertical):
    """Empty until `tell`; every telling replaces the one before."""

    DEFAULT_CSS = """
    FailureView { height: auto; }
    FailureView > * { height: auto; margin: 0 0 1 0; }
    FailureView > .judging-verdict { margin: 1 0; }
    FailureView > .judging-explained { border-left: outer $accent; padding: 0 1; }
    FailureView > .judging-brief { border-left: outer $glow; padding: 0 1; }
    FailureView Markdown { margin: 0; padding: 0; height: auto; }
    FailureView MarkdownBlock { margin: 0 0 1 0; }
    FailureView MarkdownBlock:last-child { margin: 0; }
    """

    async def wipe(self) -> None:
        """Forget the last failure."""
        await self.remove_children()

    async def tell(self, judgement: Judgement, explanation: Explanation | None, hint: str = "") -> None:
        """Show a judgement that is no clear. `hint` says which hint comes next and what it costs."""
        await self.remove_children()
        parts: list[Widget] = [Static(verdict_line(judgement), classes="judging-verdict")]
        if explanation is not None and explanation.misconception:
            parts.append(_titled("What may have happened", explanation.misconception, "judging-explained"))
        parts += [_titled(*part, "judging-found") for part in found_parts(judgement)]
        if explanation is not None and explanation.section is not None:
            section = explanation.section
            text = section.text if len(section.text) <= LONGEST_SECTION else section.passage
            parts.append(BriefPart(section.title, text))
        if hint:
            parts.append(Static(Content(hint), classes="judging-hint"))
        await self.mount_all(parts)

    async def add(self, title: str, text: str) -> None:
        """One part more at the end, such as a hint that was taken, as Markdown."""
        await self.mount(BriefPart(title, text))


class BriefPart(Vertical):
    """A titled piece of Markdown, rendered after the first frame."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(classes="judging-brief")
        self.title_text, self.text = title, text

    def compose(self) -> ComposeResult:
        """The title at once; the Markdown follows."""
        if self.title_text:
            yield Static(Content.styled(self.title_text, "bold $quiet"))

    def on_mount(self) -> None:
        """Let the verdict be seen first."""
        self.call_after_refresh(self.mount, Markdown(self.text, open_links=False))


def found_parts(judgement: Judgement) -> Iterator[tuple[str, str]]:
    """(title, text) of every failing check and gate, or of the cause alone."""
    empty = True
    for check in judgement.checks:
        if check.status is CheckStatus.FAILED:
            empty = False
            yield f"{check.name}: {check.says}" if check.says else check.name, safe(check.message)
    for gate in judgement.gates:
        if gate.status is GateStatus.FAILED:
            empty = False
            yield (
                f"{gate.gate} ({gate.device}) on {gate.on}" if gate.on else f"{gate.gate} ({gate.device})",
                safe(gate.message),
            )
    if empty:
        yield "", safe(judgement.cause)
    if judgement.verdict.is_ours:
        yield "A fault of ours", "Not your solution is at fault; nothing was counted. `leveling doctor` may say more."


def _titled(title: str, text: str, classes: str) -> Static:
    head = (Content.styled(title, "bold"), "\n") if title else ()
    return Static(Content.assemble(*head, text.strip("\n")), classes=classes)
