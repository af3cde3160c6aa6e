"""torch.compile works in a worker, which may write nothing; graphs that break are counted, watched calls or not."""

from leveling.catalog.reading import read_quest
from leveling.world.words import GateStatus, Verdict
from tests.conftest import QUEST_TOML
from tests.judging import judged

CHECKS = '''
import torch

from leveling.checks import Check, Draw, Workload


def compiled(call):
    return torch.compile(call, backend="eager")


class MatchesReference(Check):
    """Sums every row, compiled too."""

    calls = "row_sums(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return {"eager": solution.row_sums(x), "compiled": compiled(solution.row_sums)(x)}


class Compiled(Workload):
    """One compiled call."""

    calls = "torch.compile(row_sums)(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return compiled(solution.row_sums)(x)
'''
TOML = """
[[gates]]
kind = "graph_breaks"
device = "cpu"
on = "Compiled"
limit = 0
unit = "graph_breaks"
"""
FORBIDS = 'forbid = [{ name = "torch.cumsum", why = "one call sums" }]\n'
BREAKS = """
import torch

def row_sums(x):
    x.nonzero()
    return x.sum(1)
"""

COMPILES = """
import torch

@torch.compile(backend="eager", dynamic=False)
def row_sums(x):
    return x.sum(1)
"""


def test_a_solution_may_compile(client, pack):
    """torch.compile keeps no files of its own in a worker: a solution that compiles itself needs to know nothing of that."""
    folder = pack.quest(checks=CHECKS.replace("compiled(solution.row_sums)", "solution.row_sums"))
    found = judged(client, read_quest(folder, "tiny/row-sums"), COMPILES)
    assert found.verdict is Verdict.CLEARED, found


def broken(client, pack, *, forbids):
    head, wrong, rest = QUEST_TOML.partition("\n[wrong")
    toml = head + (FORBIDS if forbids else "") + TOML + wrong + rest
    folder = pack.quest(toml=toml, checks=CHECKS)
    return judged(client, read_quest(folder, "tiny/row-sums"), BREAKS, gates="all")


def test_a_break_is_counted(client, pack):
    """An op whose result has no known size ends the graph; the gate refuses, and says how many."""
    found = broken(client, pack, forbids=False)
    assert [gate.status for gate in found.gates] == [GateStatus.FAILED], found
    assert found.gates[0].measured == 1


def test_a_break_is_counted_under_forbid_too(client, pack):
    """Dynamo tells of a break with the source lines of the watch, which a worker may not read: they are known before."""
    found = broken(client, pack, forbids=True)
    assert found.verdict is not Verdict.CRASHED, found
    assert [gate.status for gate in found.gates] == [GateStatus.FAILED], found
    assert found.gates[0].measured == 1
