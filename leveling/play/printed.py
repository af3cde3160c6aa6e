"""What a learner's program printed, made harmless to show."""


def safe(text: str) -> str:
    """`text` without the control codes that could move the cursor or recolour the screen; they are spelled out instead."""
    return "".join(char if char in "\n\t" or char.isprintable() else f"\\x{ord(char):02x}" for char in text)
