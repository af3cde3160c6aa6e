"""Our themes. Colours are named here and nowhere else; sheets and texts use the variables.

A rank's colour never stands alone: its letter is always beside it. `$rank-e` to `$rank-s` go from ash to gold.
"""

from textual.theme import Theme

DEFAULT = "leveling"
CONTRAST = "leveling-contrast"
MONOCHROME = "leveling-mono"

FALLBACKS = {
    "rank-none": "#8a94a6",
    "rank-e": "#9aa5b8",
    "rank-d": "#5fbf8f",
    "rank-c": "#4fb8d8",
    "rank-b": "#6f94f5",
    "rank-a": "#b58cf2",
    "rank-s": "#e6b450",
    "quiet": "#7d8aa3",
    "glow": "#3b6ea5",
}

FALLBACKS_ON_LIGHT = {
    "rank-none": "#5f6b80",
    "rank-e": "#55617a",
    "rank-d": "#1b7f51",
    "rank-c": "#0b7285",
    "rank-b": "#2f55c4",
    "rank-a": "#7a3fc2",
    "rank-s": "#93630a",
    "quiet": "#5a6478",
    "glow": "#9fb3cc",
}

_CALM = Theme(
    name=DEFAULT,
    primary="#5fb4ee",
    secondary="#8f9cf5",
    accent="#9d8cf0",
    foreground="#d5e0f2",
    background="#0a0e18",
    surface="#0f1524",
    panel="#172036",
    success="#62c99a",
    warning="#e3b35a",
    error="#ef7a85",
    dark=True,
    variables={
        "rank-none": "#66728c",
        "rank-e": "#a3afc4",
        "rank-d": "#62c99a",
        "rank-c": "#4fc3dc",
        "rank-b": "#6f9dff",
        "rank-a": "#bb93ff",
        "rank-s": "#f0bd56",
        "quiet": "#8a9bba",
        "glow": "#2d4f7c",
        "border": "#5fb4ee",
        "border-blurred": "#22304d",
        "block-cursor-background": "#1b3557",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#182742",
        "block-cursor-blurred-foreground": "#d5e0f2",
        "block-cursor-blurred-text-style": "none",
        "footer-background": "#0f1524",
        "footer-key-foreground": "#5fb4ee",
        "footer-description-foreground": "#7688a8",
        "input-cursor-background": "#5fb4ee",
        "scrollbar": "#22304d",
        "scrollbar-hover": "#2d4f7c",
        "scrollbar-active": "#5fb4ee",
        "scrollbar-background": "#0a0e18",
        "scrollbar-background-hover": "#0a0e18",
        "scrollbar-background-active": "#0a0e18",
        "scrollbar-corner-color": "#0a0e18",
    },
)

# The eight colours that Okabe and Ito chose to be told apart with every kind of colour vision, on black.
_CONTRAST = Theme(
    name=CONTRAST,
    primary="#56b4e9",
    secondary="#cc79a7",
    accent="#f0e442",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#56b4e9",
    warning="#f0e442",
    error="#ff8c1a",
    dark=True,
    text_alpha=1.0,
    variables={
        "rank-none": "#bdbdbd",
        "rank-e": "#d9d9d9",
        "rank-d": "#00c795",
        "rank-c": "#56b4e9",
        "rank-b": "#7fa8ff",
        "rank-a": "#e79ac6",
        "rank-s": "#f0e442",
        "quiet": "#c4c4c4",
        "glow": "#8a8a8a",
        "border": "#f0e442",
        "border-blurred": "#8a8a8a",
        "block-cursor-background": "#00396b",  # texts in every colour of this theme stay readable on it
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold underline",
        "block-cursor-blurred-background": "#3a3a3a",
        "block-cursor-blurred-foreground": "#ffffff",
        "block-cursor-blurred-text-style": "none",
        "footer-background": "#000000",
        "footer-key-foreground": "#f0e442",
        "footer-description-foreground": "#ffffff",
        "input-cursor-background": "#f0e442",
        "scrollbar": "#8a8a8a",
        "scrollbar-background": "#000000",
    },
)

_MONOCHROME = Theme(
    name=MONOCHROME,
    primary="#e4e4e4",
    secondary="#c0c0c0",
    accent="#ffffff",
    foreground="#dadada",
    background="#080808",
    surface="#0c0c0c",
    panel="#1e1e1e",
    success="#e4e4e4",
    warning="#ffffff",
    error="#ffffff",
    dark=True,
    variables={
        **{f"rank-{letter}": "#f0f0f0" for letter in ("e", "d", "c", "b", "a", "s")},
        "rank-none": "#a0a0a0",
        "quiet": "#b8b8b8",
        "glow": "#6a6a6a",
        "border": "#ffffff",
        "border-blurred": "#6a6a6a",
        "block-cursor-background": "#454545",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold underline",
        "block-cursor-blurred-background": "#3a3a3a",
        "block-cursor-blurred-foreground": "#ffffff",
        "block-cursor-blurred-text-style": "none",
        "footer-background": "#0c0c0c",
        "footer-key-foreground": "#ffffff",
        "footer-description-foreground": "#b0b0b0",
        "input-cursor-background": "#ffffff",
        "scrollbar": "#6a6a6a",
        "scrollbar-background": "#080808",
    },
)

OURS = (_CALM, _CONTRAST, _MONOCHROME)


def is_readable_without_colour(name: str) -> bool:
    """Whether a theme may be used under NO_COLOR: the terminal's own palettes come out black on black there."""
    return name == MONOCHROME
