"""A quiz on the terminal: it asks, you answer, it explains."""

import argparse
import json

from leveling.cli import terminal
from leveling.cli.reporting import as_json, earned_lines
from leveling.cli.terminal import complain, mark, paint, say
from leveling.judge.client import JudgeClient, JudgeGone
from leveling.play import quizzes
from leveling.play.game import Game
from leveling.play.printed import safe
from leveling.play.quizzes import Asking, Mark, QuizFault, Sheet
from leveling.play.settling import unsaved
from leveling.world.quest import Quest


def take(game: Game, quest: Quest, client: JudgeClient, options: argparse.Namespace) -> int:
    """Ask every question on stdin, then mark. Exit status: 0 when all answers are right, 1 when not, 3 for our fault."""
    from leveling.cli.attempt import exit_status

    try:
        sheet = quizzes.ask(quest, client, options.seed)
        answers = _answers(sheet, quiet=options.json)
        marks, judgement = quizzes.mark(sheet, answers, client)
    except (QuizFault, JudgeGone) as error:
        complain(f"{error}. This is a fault of ours; nothing was counted.")
        return 3
    settled = unsaved(judgement) if options.no_save else game.settle(quest, judgement)
    if options.json:
        print(json.dumps(as_json(settled)))  # noqa: T201 - the one object
    else:
        _explain(sheet, marks)
        say(f"\n{judgement.cause}")
        for line in earned_lines(settled):
            say(line)
    return exit_status(judgement.verdict)


def _answers(sheet: Sheet, *, quiet: bool) -> dict[str, str]:
    answers: dict[str, str] = {}
    for number, question in enumerate(sheet.questions, 1):
        if not quiet:
            _put(question, number, len(sheet.questions))
        try:
            answers[question.name] = input("" if quiet else "> ")
        except EOFError:
            break
    return answers


def _put(question: Asking, number: int, count: int) -> None:
    say(f"\n{paint(f'{number} of {count}', 'bold')}  {question.prompt}")
    for place, choice in enumerate(question.choices, 1):
        say(f"   {place}  {choice}")
    if question.form:
        say(paint(f"   ({question.form})", "dim"))


def _explain(sheet: Sheet, marks: list[Mark]) -> None:
    for number, (question, each) in enumerate(zip(sheet.questions, marks, strict=True), 1):
        del question
        head = f"{mark('passed' if each.right else 'failed')} {number}"
        answer = "" if each.right else f"  you said {safe(each.given)!r}; it is {each.answer}."
        say(f"\n{head}{answer}")
        say(terminal.wrapped(each.explanation, "    "))
