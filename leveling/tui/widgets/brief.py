"""A brief, cut so that each piece renders quickly."""

MOST = 2000  # characters of one piece: about a tenth of a second

# a block that names no language is given to Pygments to guess: every lexer it has, a quarter of a second
PLAIN = "text"


def sections_of(text: str) -> list[str]:
    """The text in pieces at its `##` headings, and at blank lines where a section is longer; the title line is left out."""
    pieces: list[str] = []
    blocks = _blocks(text)
    if blocks and blocks[0].startswith("# "):
        blocks[:1] = filter(None, [blocks[0].partition("\n")[2].strip()])
    for block in blocks:
        if pieces and not block.startswith("## ") and len(pieces[-1]) + len(block) < MOST:
            pieces[-1] += f"\n\n{block}"
        else:
            pieces.append(block)
    return pieces


def _blocks(text: str) -> list[str]:
    """Paragraphs; a fenced block of code is never cut."""
    blocks: list[str] = []
    held: list[str] = []
    fenced = False
    for line in text.splitlines():
        fence = line.lstrip().startswith(("```", "~~~"))
        if fence:
            fenced = not fenced
        if line.strip() or fenced:
            held.append(f"{line}{PLAIN}" if fence and fenced and line.strip() in ("```", "~~~") else line)
        elif held:
            blocks.append("\n".join(held))
            held = []
    return [*blocks, "\n".join(held)] if held else blocks
