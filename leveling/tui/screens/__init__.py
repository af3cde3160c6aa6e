"""The places: one file a screen, with its sheet beside it."""
