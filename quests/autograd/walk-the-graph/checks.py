"""Hidden checks of autograd/walk-the-graph."""

import re
from collections import Counter

import torch
from torch.nn import functional

from leveling.checks import Check, Draw, Workload, case, expect

DEPTH = 20_000
DOUBLINGS = 60


def linear(leaves):
    """tanh of a linear layer on data that wants no gradient."""
    return torch.tanh(functional.linear(leaves["x"], leaves["w"], leaves["b"])).sum()


def network(leaves):
    """Two layers that share one weight."""
    hidden = torch.relu(functional.linear(leaves["x"], leaves["w"], leaves["b"]))
    return (torch.sigmoid(hidden @ leaves["w"]) * leaves["c"]).mean()


def shared_result(leaves):
    """A result with two consumers."""
    hidden = leaves["w"].exp()
    return (hidden * hidden.sin()).sum()


def doubled(leaves):
    """x = x + x, sixty times."""
    value = leaves["c"]
    for _ in range(DOUBLINGS):
        value = value + value
    return value


def chain(leaves, depth=DEPTH):
    """One operation after another."""
    value = leaves["c"]
    for _ in range(depth):
        value = value.neg()
    return value


GRAPHS = {
    "a linear layer and tanh": linear,
    "a leaf used twice": lambda leaves: (leaves["w"] * leaves["w"].tanh()).sum(),
    "a result used twice": shared_result,
    "one operand twice: w + w": lambda leaves: (leaves["w"] + leaves["w"]).sum(),
    "a short way and a long way to one leaf": lambda leaves: (leaves["w"].exp().tanh().sin() * leaves["w"]).sum(),
    "a long way and a short way to one result": lambda leaves: crossed(leaves["w"].exp()),
    "frozen operands": lambda leaves: (leaves["w"] @ leaves["x"].t() * 3.0).sum(),
    "two layers with one weight": network,
    "a scalar operation on a scalar leaf": lambda leaves: leaves["c"] * 2,
}


def crossed(hidden):
    """`hidden` is consumed by the last operation and, further on, by one that comes before it."""
    late = (hidden * 2).cos()
    return (hidden + late.sin() * late).sum()


def leaves_of(x, w, b):
    """x wants no gradient; w, b and the scalar c do."""
    made = {"x": x.detach().clone(), "w": w.detach().clone().requires_grad_(), "b": b.detach().clone().requires_grad_()}
    return made | {"c": b.detach().sum().requires_grad_()}


def colours(names, edges):
    """A multiset that two graphs share when they are the same up to the order of their nodes.

    Every node starts with its name and takes in, round by round, what stands before and after it.
    """
    colour = dict(enumerate(names))
    for _ in range(len(names)):
        colour = {
            node: hash(
                (name, *(tuple(sorted(colour[pair[1 - end]] for pair in edges if pair[end] == node)) for end in (0, 1)))
            )
            for node, name in colour.items()
        }
    return Counter(colour.values())


class OnSmallGraphs:
    """The same small graphs for every function."""

    truth = False
    kinds = tuple(GRAPHS)

    def cases(self, draw: Draw):
        for kind in self.kinds:
            yield case(kind, kind=kind, x=draw.normal(4, 3), w=draw.normal(3, 3), b=draw.normal(3))


class ListsEveryNode(OnSmallGraphs, Check):
    """nodes names every node behind the root once, leaves included; inputs that want no gradient have none."""

    part = "nodes"
    calls = "nodes(root)"
    compare = False

    def probe(self, solution, kind, x, w, b):
        return solution.nodes(GRAPHS[kind](leaves_of(x, w, b)))

    def verify(self, case, got, want):
        have, need = Counter(got), Counter(want)
        expect(not need - have, f"missing: {', '.join((need - have).elements())}; nodes gave {got}")
        expect(not have - need, f"listed too often: {', '.join((have - need).elements())}; nodes gave {got}")


class ConsumersComeFirst(OnSmallGraphs, Check):
    """In nodes, no node stands before one of its consumers: when its turn comes, all gradients for it have arrived."""

    part = "nodes"
    calls = "nodes(root)"
    compare = False

    def probe(self, solution, kind, x, w, b):
        root = GRAPHS[kind](leaves_of(x, w, b))
        return {"nodes": solution.nodes(root), "graph": structure(root.grad_fn)}

    def verify(self, case, got, want):
        names, consumers = want["graph"]
        states = {frozenset()}  # sets of graph nodes that the names read so far may stand for
        for position, name in enumerate(got["nodes"]):
            states = {
                state | {node}
                for state in states
                for node in set(range(len(names))) - state
                if names[node] == name and state.issuperset(consumers[node])
            }
            above = sorted(
                {names[each] for node, other in enumerate(names) if other == name for each in consumers[node]}
            )
            expect(
                states,
                f"{name} at position {position} stands before one of its consumers ({', '.join(above)}); nodes gave {got['nodes']}",
            )


def structure(root):
    """Names of the nodes behind `root`, and for each the positions of its consumers."""
    found, place = [root], {root: 0}
    consumers = [[]]
    for node in found:
        for following, _ in node.next_functions:
            if following is None:
                continue
            if following not in place:
                place[following] = len(found)
                found.append(following)
                consumers.append([])
            consumers[place[following]].append(place[node])
    return [type(node).__name__ for node in found], consumers


class EdgesJoinPositions(OnSmallGraphs, Check):
    """edges holds (consumer, consumed) for every connection, as positions in nodes, the consumer first."""

    part = "edges"
    calls = "edges(root)"
    compare = False

    def probe(self, solution, kind, x, w, b):
        root = GRAPHS[kind](leaves_of(x, w, b))
        return {"nodes": solution.nodes(root), "edges": sorted({(int(a), int(b)) for a, b in solution.edges(root)})}

    def verify(self, case, got, want):
        compare_graphs(got["nodes"], got["edges"], want["nodes"], want["edges"])


def compare_graphs(names, edges, wanted_names, wanted_edges):
    """Demand that two graphs are the same up to the order of nodes, consumers before what they consume."""
    last = len(names) - 1
    outside = [pair for pair in edges if not (min(pair) >= 0 and max(pair) <= last)]
    expect(not outside, f"{outside[:3]} name positions outside 0 .. {last}")
    backwards = [pair for pair in edges if pair[0] >= pair[1]]
    expect(not backwards, f"in {backwards[:3]} the consumer does not stand first")
    spoken = [f"{names[a]} -> {names[b]}" for a, b in edges]
    wanted = [f"{wanted_names[a]} -> {wanted_names[b]}" for a, b in wanted_edges]
    missing, extra = Counter(wanted) - Counter(spoken), Counter(spoken) - Counter(wanted)
    expect(not missing, f"missing: {', '.join(missing.elements())}")
    expect(not extra, f"not in the graph: {', '.join(extra.elements())}")
    same = colours(names, edges) == colours(wanted_names, wanted_edges)
    expect(same, f"the connections join nodes of the right names, but not the right ones: {', '.join(spoken)}")


class CountsPaths(OnSmallGraphs, Check):
    """paths_to counts every way from the root to a leaf, both ways of w + w, and 0 where there is none."""

    part = "paths_to"
    calls = "paths_to(root, leaf)"

    def probe(self, solution, kind, x, w, b):
        leaves = leaves_of(x, w, b)
        root = GRAPHS[kind](leaves)
        return {name: solution.paths_to(root, leaf) for name, leaf in leaves.items()}


NODE = re.compile(r'\s*"?(\w+)"?\s*\[.*?\blabel\s*=\s*"((?:[^"\\]|\\.)*)".*\]\s*;?\s*')
EDGE = re.compile(r'\s*"?(\w+)"?\s*->\s*"?(\w+)"?\s*(?:\[.*\])?\s*;?\s*')
SETTING = re.compile(r'\s*(?:(?:node|edge|graph)\s*\[.*\]|\w+\s*=\s*(?:\w+|"[^"]*"))\s*;?\s*')


def read_dot(text):
    """Labels and edges of DOT text, as positions in the order of its node lines."""
    lines = text.strip().splitlines()
    expect(
        lines and re.fullmatch(r"\s*(strict\s+)?digraph\b[^{]*\{\s*", lines[0]),
        f"the first line is {lines[:1]}, not digraph {{",
    )
    expect(lines[-1].strip() == "}", f"the last line is {lines[-1]!r}, expected }}")
    labels, pairs = {}, []
    for line in lines[1:-1]:
        if not line.strip() or SETTING.fullmatch(line):
            continue
        if found := EDGE.fullmatch(line):
            pairs.append(found.groups())
        elif found := NODE.fullmatch(line):
            expect(found[1] not in labels, f"two lines are about node {found[1]}")
            labels[found[1]] = re.sub(r"\\(.)", r"\1", found[2])
        else:
            expect(False, f'this line is no node n0 [label="..."]; and no edge n0 -> n1; : {line.strip()!r}')
    unknown = {end for pair in pairs for end in pair} - set(labels)
    expect(not unknown, f"no line defines {', '.join(sorted(unknown))}, which edges speak of")
    expect(len(set(pairs)) == len(pairs), "an edge has more than one line")
    place = {node: position for position, node in enumerate(labels)}
    return list(labels.values()), sorted((place[a], place[b]) for a, b in pairs)


class DotTellsTheGraph(OnSmallGraphs, Check):
    """to_dot is valid DOT: a line for each node and each edge, leaves labelled by name and shape."""

    part = "to_dot"
    calls = "to_dot(root, names)"
    compare = False

    def probe(self, solution, kind, x, w, b):
        leaves = leaves_of(x, w, b)
        return solution.to_dot(
            GRAPHS[kind](leaves), {"layer.weight": leaves["w"], "layer.bias": leaves["b"], "scale": leaves["c"]}
        )

    def verify(self, case, got, want):
        compare_dot(got, want)


def compare_dot(got, want):
    """Demand that two DOT texts draw the same graph."""
    names, edges = read_dot(got)
    wanted, wanted_edges = read_dot(want)
    missing, extra = Counter(wanted) - Counter(names), Counter(names) - Counter(wanted)
    expect(
        not missing and not extra, f"labels missing: {list(missing.elements())}; not expected: {list(extra.elements())}"
    )
    expect(
        colours(names, edges) == colours(wanted, wanted_edges), f"the edges join other nodes than in the graph:\n{got}"
    )


class DotLabels(Check):
    """Leaves without a name show their shape, equal leaves keep their own names, quotes and backslashes are escaped."""

    part = "to_dot"
    calls = "to_dot(root, names)"
    compare = False
    truth = False

    def cases(self, draw: Draw):
        yield case("no names", names={}, w=draw.normal(3, 2))
        yield case("one of two is named", names={"first": 0}, w=draw.normal(3, 2))
        yield case("two leaves with equal values", names={"first": 0, "second": 1}, w=torch.ones(2))
        yield case("a shape ()", names={"first": 0}, w=draw.normal())
        yield case("quotes and a backslash", names={'the "first"': 0, "a\\b": 1}, w=draw.normal(2))
        yield case("a name of a tensor that is not in the graph", names={"first": 0, "stranger": 2}, w=draw.normal(2))

    def probe(self, solution, names, w):
        leaves = [w.detach().clone().requires_grad_() for _ in range(3)]
        root = (leaves[0].exp() - leaves[1]).sum()
        return solution.to_dot(root, {name: leaves[index] for name, index in names.items()})

    def verify(self, case, got, want):
        compare_dot(got, want)


class LeafGradients(OnSmallGraphs, Check):
    """leaf_gradients equals what backward would leave in .grad of every leaf; it fills no .grad, and its gradients have no history."""

    part = "leaf_gradients"
    calls = "leaf_gradients(root)"
    truth = True

    def probe(self, solution, kind, x, w, b):
        leaves = leaves_of(x, w, b)
        found = solution.leaf_gradients(GRAPHS[kind](leaves))
        gradients = {f"gradient of {name}": found.get(leaf) for name, leaf in leaves.items()}
        grads = {f"{name}.grad": leaf.grad for name, leaf in leaves.items()}
        history = any(gradient.requires_grad for gradient in found.values())
        return {**gradients, **grads, "gradients": len(found), "a gradient requires grad": history}


class NoHistory(Check):
    """A root without grad_fn has no node, no edge, no path and no gradient."""

    calls = "every function on a root without grad_fn"
    truth = False

    def cases(self, draw: Draw):
        yield case("plain data", w=draw.normal(3), flag=False)
        yield case("a leaf itself", w=draw.normal(3), flag=True)

    def probe(self, solution, w, flag):
        root = w.detach().clone().requires_grad_(flag)
        return {
            "nodes": solution.nodes(root),
            "edges": sorted(solution.edges(root)),
            "paths": solution.paths_to(root, root),
            "gradients": len(solution.leaf_gradients(root)),
            "lines of DOT": len(solution.to_dot(root, {"root": root}).strip().splitlines()),
        }


class SixtyDoublings(Check):
    """x = x + x sixty times has 61 nodes and 2**60 paths; none of the functions takes them one by one."""

    calls = "every function on x = x + x, sixty times"
    truth = False
    seconds = 4.0

    def cases(self, draw: Draw):
        yield dict(b=draw.normal(3))

    def probe(self, solution, b):
        leaves = leaves_of(b, b, b)
        root = doubled(leaves)
        return {
            "number of nodes": len(solution.nodes(root)),
            "number of edges": len(solution.edges(root)),
            "paths": solution.paths_to(root, leaves["c"]),
            "gradient": solution.leaf_gradients(root)[leaves["c"]],
            "lines of DOT": len(solution.to_dot(root, {}).strip().splitlines()) >= 2 + 61 + 60,
        }


class DeepChain(Check):
    """A chain of 20,000 operations is walked: graphs are deeper than Python's recursion limit."""

    calls = "nodes, paths_to and leaf_gradients on 20,000 operations in a row"
    truth = False

    def cases(self, draw: Draw):
        yield dict(b=draw.normal(3))

    def probe(self, solution, b):
        leaves = leaves_of(b, b, b)
        root = chain(leaves)
        names = solution.nodes(root)
        return {
            "number of nodes": len(names),
            "last node": names[-1],
            "paths": solution.paths_to(root, leaves["c"]),
            "gradient": solution.leaf_gradients(root)[leaves["c"]],
        }


class LongWalk(Workload):
    """nodes, edges and paths_to on a chain of 8,000 operations."""

    calls = "nodes, edges and paths_to on 8,000 operations in a row"

    def cases(self, draw: Draw):
        yield dict(b=draw.normal(3), depth=8_000)

    def warm_up(self, draw: Draw):
        return dict(b=draw.normal(3), depth=10)

    def probe(self, solution, b, depth):
        leaves = leaves_of(b, b, b)
        root = chain(leaves, depth)
        return [len(solution.nodes(root)), len(solution.edges(root)), solution.paths_to(root, leaves["c"])]
