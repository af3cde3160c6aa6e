"""Hidden checks of distributed/ring-all-reduce. Every check runs real ranks, one process each, over gloo."""

import math
import os

import torch
import torch.distributed as dist
from torch.utils._python_dispatch import TorchDispatchMode

from leveling.checks import Check, Draw, Workload, case, expect, process_group

SIZES = (12, 7, 1, 2, 0, 25)  # with 4 ranks: even chunks, uneven ones, fewer elements than ranks, none
WORLD = 4
HEADER = 48  # bytes of gloo's own before each message; measured at the socket
COLLECTIVES = ("send", "recv", "allreduce", "allgather", "reduce_scatter", "broadcast", "reduce", "gather", "scatter")
COLLECTIVES += ("alltoall", "barrier", "_allgather_base", "_reduce_scatter_base", "monitored_barrier")


def whole(draw, *shape):
    """Whole numbers as float32: their sums are exact in whatever order."""
    return draw.integers(-40, 41, *shape).float()


def for_ranks(world, make):
    """One set of inputs for each rank."""
    return [make() for _ in range(world)]


class Ring:
    """What all checks here share: ranks that are started for one call."""

    compare = False
    scratch = True
    seconds = 12.0

    def conduct(self, side, world, inputs, **rest):
        return side.ranks("probe", world, inputs, **rest)


class HoldsItsChunk(Ring, Check):
    """ring_reduce_scatter gives rank r chunk r of the sum, for sizes that do not divide, and leaves x as it is."""

    calls = "ring_reduce_scatter(x)"

    def cases(self, draw: Draw):
        for world in (3, 4):
            yield case(
                f"{world} ranks",
                world=world,
                inputs=for_ranks(world, lambda: {"xs": [whole(draw, n) for n in SIZES] + [whole(draw, 3, 5)]}),
            )

    def probe(self, solution, rank, world, xs):
        with process_group(rank, world):
            found = []
            for x in xs:
                before = x.clone()
                chunk = solution.ring_reduce_scatter(x)
                found.append({"chunk": chunk, "x is as before": torch.equal(x, before)})
            return found

    def verify(self, case, got, want):
        for index in range(len(SIZES) + 1):
            xs = [each["xs"][index] for each in case["inputs"]]
            chunks = torch.tensor_split(sum(x.reshape(-1).double() for x in xs), case["world"])
            for rank, wanted in enumerate(chunks):
                found, where = got[rank][index], f"rank {rank} of {case['world']}, x of {xs[0].numel()} elements: "
                chunk = found["chunk"]
                shape = tuple(chunk.shape)
                expect(
                    shape == tuple(wanted.shape), f"{where}the chunk has shape {shape}, expected {tuple(wanted.shape)}"
                )
                same = torch.equal(chunk.double(), wanted)
                expect(same, f"{where}the chunk is {chunk.tolist()}, expected {wanted.tolist()}")
                expect(found["x is as before"], f"{where}x was changed; the caller still needs it")


class GathersTheChunks(Ring, Check):
    """ring_all_gather puts the chunks of all ranks together, in rank order, on every rank."""

    calls = "ring_all_gather(chunk, numel)"

    def cases(self, draw: Draw):
        for world in (4, 3):
            full = [whole(draw, n) for n in SIZES]
            parts = [torch.tensor_split(each, world) for each in full]
            inputs = [{"chunks": [part[rank].clone() for part in parts]} for rank in range(world)]
            yield case(f"{world} ranks", world=world, inputs=inputs)

    def probe(self, solution, rank, world, chunks):
        with process_group(rank, world):
            return [solution.ring_all_gather(chunk, n) for chunk, n in zip(chunks, SIZES, strict=True)]

    def verify(self, case, got, want):
        for index, numel in enumerate(SIZES):
            wanted = torch.cat([each["chunks"][index] for each in case["inputs"]])
            for rank, found in enumerate(got):
                where = f"rank {rank} of {case['world']}, {numel} elements: "
                text = f"{where}got {found[index].tolist()}, expected {wanted.tolist()}"
                expect(torch.equal(found[index].reshape(-1), wanted), text)


class EqualsTheSum(Ring, Check):
    """ring_all_reduce_ turns x into the sum over ranks, in place, for 1, 2 and 4 ranks and every size."""

    calls = "ring_all_reduce_(x)"

    def cases(self, draw: Draw):
        for world in (2, 4, 1):
            yield case(
                f"{world} rank{'s' * (world > 1)}",
                world=world,
                inputs=for_ranks(world, lambda: {"xs": [whole(draw, n) for n in SIZES] + [whole(draw, 2, 3, 5)]}),
            )

    def probe(self, solution, rank, world, xs):
        xs = [x.clone() for x in xs]
        with process_group(rank, world):
            answers = [solution.ring_all_reduce_(x) for x in xs]  # one straight after the other
        return {"xs": xs, "returns None": all(answer is None for answer in answers)}

    def verify(self, case, got, want):
        for index in range(len(SIZES) + 1):
            wanted = sum(each["xs"][index] for each in case["inputs"])
            for rank, found in enumerate(got):
                where = f"rank {rank} of {case['world']}, x of shape {tuple(wanted.shape)}: "
                text = f"{where}x is {found['xs'][index].tolist()}, expected {wanted.tolist()}"
                expect(torch.equal(found["xs"][index], wanted), text)
        expect(got[0]["returns None"], "ring_all_reduce_ returned something; its result is x itself")


class KeepsStridesInPlace(Ring, Check):
    """A non-contiguous x is updated where it lies, and nothing beside it is touched."""

    calls = "ring_all_reduce_(x) with x = wide[:, ::2], and with x = tall.T"

    def cases(self, draw: Draw):
        yield dict(world=3, inputs=for_ranks(3, lambda: {"values": whole(draw, 5, 3)}))

    def probe(self, solution, rank, world, values):
        wide, tall = torch.full((5, 6), 7.5), torch.empty(3, 5)
        wide[:, ::2] = values
        tall.copy_(values.T)
        with process_group(rank, world):
            solution.ring_all_reduce_(wide[:, ::2])
            solution.ring_all_reduce_(tall.T)
        return {"wide": wide, "tall": tall}

    def verify(self, case, got, want):
        total = sum(each["values"] for each in case["inputs"])
        for rank, found in enumerate(got):
            where = f"rank {rank}: "
            expect(
                torch.equal(found["wide"][:, ::2], total), f"{where}x = wide[:, ::2] does not hold the sum afterwards"
            )
            expect(bool((found["wide"][:, 1::2] == 7.5).all()), f"{where}elements of wide beside x were changed")
            expect(torch.equal(found["tall"].T, total), f"{where}x = tall.T does not hold the sum afterwards")


class AgreesToTheLastBit(Ring, Check):
    """The result is the same on all ranks to the last bit, in float32 and in bfloat16."""

    calls = "ring_all_reduce_(x)"

    def cases(self, draw: Draw):
        kinds = (torch.float32, torch.bfloat16)
        yield dict(
            world=WORLD, inputs=for_ranks(WORLD, lambda: {"xs": [draw.normal(4001, std=3.0, dtype=k) for k in kinds]})
        )

    def probe(self, solution, rank, world, xs):
        xs = [x.clone() for x in xs]
        with process_group(rank, world):
            for x in xs:
                solution.ring_all_reduce_(x)
        return xs

    def verify(self, case, got, want):
        for index, room in enumerate((1e-5, 0.15)):  # three roundings of sums up to 40
            given = [each["xs"][index] for each in case["inputs"]]
            total, first = sum(x.double() for x in given), got[0][index]
            for rank, found in enumerate(each[index] for each in got):
                where = f"rank {rank}, {given[0].dtype}: "
                expect(found.dtype == given[0].dtype, f"{where}x has become {found.dtype}")
                gap = float((found.double() - total).abs().max())
                expect(gap <= room * 2, f"{where}x differs from the sum by {gap:.3g}")
                odd = int((found != first).sum())
                expect(odd == 0, f"{where}it disagrees with rank 0 in the last bits of {odd} of {len(found)} elements")


class CarriesLargeMessages(Ring, Check):
    """Messages of 8 MB do not deadlock."""

    calls = "ring_all_reduce_(x) with x of 24 MB on 3 ranks"

    def cases(self, draw: Draw):
        yield dict(world=3, inputs=for_ranks(3, lambda: {"start": draw.integer(1, 9)}), numel=6_000_000)

    def probe(self, solution, rank, world, start, numel):
        x = torch.full((numel,), float(start))
        with process_group(rank, world):
            solution.ring_all_reduce_(x)
        return x[:: numel // 1000].clone(), bool((x == x[0]).all())

    def verify(self, case, got, want):
        total = sum(each["start"] for each in case["inputs"])
        for rank, (some, equal) in enumerate(got):
            expect(equal and some[0] == total, f"rank {rank}: x is not {total} everywhere")


class SendsAndReceivesOverlap(Ring, Check):
    """In every turn a rank has posted its send and its receive before it waits for either."""

    calls = "ring_all_reduce_(x)"

    def cases(self, draw: Draw):
        yield dict(world=WORLD, inputs=for_ranks(WORLD, lambda: {"x": whole(draw, 16)}))

    def probe(self, solution, rank, world, x):
        posts = Posts()
        work = dist.Work
        usual = work.wait

        def wait(self, *arguments, **options):
            posts.log.append("wait")
            return usual(self, *arguments, **options)

        with process_group(rank, world):
            work.wait = wait
            try:
                with posts:
                    solution.ring_all_reduce_(x.clone())
            finally:
                work.wait = usual
        return posts.log

    def verify(self, case, got, want):
        for rank, log in enumerate(got):
            posted, waits = {"send": 0, "recv": 0}, 0
            for event in log:
                if event != "wait":
                    posted[event] += 1
                    continue
                turn = waits // 2 + 1
                late = [kind for kind, count in posted.items() if count < turn]
                text = f"rank {rank} waits in turn {turn} before it has posted its {' and '.join(late)}"
                expect(not late or turn > 2 * (WORLD - 1), text)
                waits += 1


class Posts(TorchDispatchMode):
    """Writes down when a message is posted."""

    def __init__(self):
        super().__init__()
        self.log = []

    @classmethod
    def _should_skip_dynamo(cls):
        return False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__.strip("_")
        if name in {"send", "recv"}:
            self.log.append(name)
        return func(*args, **(kwargs or {}))


class OnTheWire(Workload):
    """4 MiB on 4 ranks: the bytes that the busiest rank puts on its connections, read from the kernel."""

    calls = "ring_all_reduce_(x) of 1,048,576 float32 on 4 ranks"
    scratch = True
    seconds = 20.0

    def cases(self, draw: Draw):
        yield dict(numel=1 << 20)

    def conduct(self, side, numel):
        side.ranks("probe", WORLD, numel=numel)
        return max(side.sent)

    def probe(self, solution, rank, world, numel):
        x = torch.full((numel,), float(rank))
        with process_group(rank, world):
            solution.ring_all_reduce_(x)
        return x[:3].clone()


class AFewNumbers(Workload):
    """4 numbers on 4 ranks: messages that one rank issues, by count and by what the wire shows of them."""

    calls = "ring_all_reduce_(x) of 4 numbers on 4 ranks"
    scratch = True

    def conduct(self, side):
        side.meter = "ops"
        try:
            side.ranks("probe", WORLD)
            counted = [calls_in(each.get("names", {})) for each in side.figures["ranks"]]
        finally:
            side.meter = ""
        # A send and a receive of one number leave at most three headers and four bytes: fewer calls than these bytes
        # need cannot have been made, whatever the count in the rank's own process says.
        shown = math.ceil(2 * max(side.sent) / (3 * HEADER + 4 + 4))
        return max(*counted, shown)

    def probe(self, solution, rank, world):
        x = torch.full((world,), float(rank))
        with process_group(rank, world):
            solution.ring_all_reduce_(x)
        return x


def calls_in(names):
    """How many of the dispatched ops are messages or collectives."""
    return sum(count for name, count in names.items() if name.rstrip("_") in COLLECTIVES)


class BesideTheTensor(Workload):
    """32 MiB on 4 ranks: what rank 0 needs beside x. The other ranks are its children."""

    calls = "ring_all_reduce_(x) of 8,388,608 float32 on 4 ranks"
    scratch = True
    compare = False
    seconds = 30.0

    def cases(self, draw: Draw):
        yield dict(x=torch.ones(1 << 23))

    def warm_up(self, draw: Draw):
        return dict(x=torch.ones(64))

    def probe(self, solution, x):
        done, finish = os.pipe()
        children = []
        for rank in range(1, WORLD):
            child = os.fork()
            if child == 0:
                try:
                    take_part(solution, rank, x.clone())
                    os.read(done, 1)  # stays until rank 0 has finished: an ended process resets its connections
                finally:
                    os._exit(0)
            children.append(child)
        take_part(solution, 0, x)
        os.write(finish, b"." * len(children))
        for child in children:
            os.waitpid(child, 0)
        os.close(finish)
        os.close(done)
        return x[:3].clone()


def take_part(solution, rank, x):
    """One rank of the workload above; a name of its own for each size, since the file of a meeting is used once."""
    with process_group(rank, WORLD, name=f"meeting-{len(x)}", keep=False):
        solution.ring_all_reduce_(x)
