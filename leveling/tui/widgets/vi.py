"""The keys of vi that every list and every text obeys."""


class TwiceG:
    """gg, for a widget that binds `g` to the action `g`: the second g in a row goes to the top."""

    _has_g = False

    def to_top(self) -> None:
        """What gg does."""
        raise NotImplementedError

    def action_g(self) -> None:
        """Remember the first g; the second goes to the top."""
        if self._has_g:
            self.to_top()
        self._has_g = not self._has_g

    def on_key(self, event: object) -> None:
        """Any other key forgets the first g."""
        if getattr(event, "key", "") != "g":
            self._has_g = False
