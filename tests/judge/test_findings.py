"""What the learner is told when a solution does not come back."""

from leveling.judge.findings import of_trouble
from leveling.judge.troubles import TimeUp
from leveling.world.words import Verdict


def test_no_answer_in_time_says_how_long_and_what_to_look_for():
    """A call alone is suspected of a loop; what waits for others says so itself."""
    alone = of_trouble(TimeUp(5.0), "f(x)", 0.25)
    assert alone.verdict is Verdict.TOO_SLOW
    assert alone.message.startswith("f(x) did not return within 5 s (the reference took 250 ms). Look for a loop")
    assert of_trouble(TimeUp(5.0, "ranks that wait"), "f(x)").message.endswith("Look for ranks that wait.")
