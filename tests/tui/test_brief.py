"""A brief is cut into pieces that render quickly, and nothing of it is lost."""

from leveling.tui.widgets.brief import MOST, sections_of


def test_a_block_without_a_language_is_plain_text():
    """Without a name, every lexer of Pygments would be loaded to guess one; a named language is kept."""
    text = "# Title\n\nSee\n\n```\na b\n```\n\nand\n\n```python\nx = 1\n```\n"
    assert sections_of(text) == ["See\n\n```text\na b\n```\n\nand\n\n```python\nx = 1\n```"]


def test_a_long_text_is_cut_between_blocks():
    """Every piece is short or one block, and together they are the text."""
    blocks = [f"block {number} " + "word " * 60 for number in range(20)]
    pieces = sections_of("\n\n".join(blocks))
    assert all(len(piece) <= MOST for piece in pieces)
    assert "\n\n".join(pieces) == "\n\n".join(blocks)
