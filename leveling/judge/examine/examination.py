"""All that can be said of a file before it runs."""

from dataclasses import dataclass

from leveling.judge.examine.forbidden import ForbiddenUse, at_stake, forbidden_uses
from leveling.judge.examine.signatures import MissingName, arity_warnings, missing_names
from leveling.judge.examine.syntax import SyntaxFault, parse
from leveling.world.quest import Quest


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found. With a syntax fault nothing else is looked at; `warnings` never stop an attempt."""

    path: str
    syntax: SyntaxFault | None = None
    forbidden: tuple[ForbiddenUse, ...] = ()
    missing: tuple[MissingName, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing speaks against judging the file."""
        return self.syntax is None and not self.forbidden and not self.missing

    def lines(self) -> tuple[str, ...]:
        """Everything found, one sentence each, as the learner reads it."""
        found = [self.syntax.says()] if self.syntax else []
        found += [use.says() for use in self.forbidden]
        found += [name.says() for name in self.missing]
        return tuple(f"{self.path}: {text}" for text in (*found, *self.warnings))


def examine(source: str, path: str, quest: Quest) -> Examination:
    """Examine `source`, which the learner knows as `path`, for `quest`. Never raises, never runs any of it."""
    tree = parse(source, path)
    if isinstance(tree, SyntaxFault):
        return Examination(path, syntax=tree)
    return Examination(
        path,
        forbidden=forbidden_uses(tree, at_stake(source, quest.forbid)),
        missing=missing_names(tree, quest.signature),
        warnings=arity_warnings(tree, quest.signature),
    )
