"""Signs and colours of a judgement. A sign or a letter always stands beside the colour; colours are the theme's."""

from textual.content import Content

from leveling.judge.protocol import Judgement
from leveling.world.words import Verdict

SIGNS = {"passed": "✓", "failed": "✗", "skipped": "·", "sealed": "◇", "noisy": "~", "waiting": "○", "running": "▸"}
STYLES = {"passed": "$success", "failed": "$error bold", "noisy": "$warning", "running": "$accent bold"}


def sign(status: str) -> Content:
    """One sign for how something ended or goes."""
    return Content.styled(SIGNS.get(status, "?"), STYLES.get(status, "$quiet"))


def verdict_line(judgement: Judgement) -> Content:
    """The verdict in its colour, the grade, the time, the seed."""
    cleared = judgement.verdict is Verdict.CLEARED
    style = "$success bold" if cleared else "$warning bold" if judgement.verdict.is_ours else "$error bold"
    word = judgement.verdict.value.replace("_", " ").upper()
    grade = f"  grade {judgement.grade}" if judgement.grade else ""
    run = f"  {judgement.seconds:.1f} s, seed {judgement.seed}" if judgement.seed else ""
    return Content.assemble(
        sign("passed" if cleared else "failed"), " ", (word, style), (grade, "bold"), (run, "$quiet")
    )
