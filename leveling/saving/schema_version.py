"""The version of the save format that this program writes."""

FORMAT = 1
