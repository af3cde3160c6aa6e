"""What the player has to put right first."""


class Trouble(Exception):
    """Bad input or a machine that lacks something; the text says what was found, where, and what to do. Exit status 2."""
