"""Several proofs at once, so that no core waits while one of them weighs a gate alone. No torch here."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from leveling.forge.judges import Judges, Stopped
from leveling.forge.proof import Proof

Told = Callable[[str, str], None]
One = Callable[[str, Told], Proof]
Said = tuple[str, str | Proof | BaseException]


def side_by_side(names: Sequence[str], one: One, judges: Judges, told: Told) -> Generator[Proof, None, None]:
    """What `one` makes of each name, in their order; `told` is called in this thread alone.

    Twice as many proofs as there are judges are under way: while one weighs and others wait for that, there is work left.
    """
    said: SimpleQueue[Said] = SimpleQueue()
    done: dict[str, Proof] = {}
    waiting = list(names)
    with ThreadPoolExecutor(2 * judges.count) as threads:
        try:
            for name in names:
                threads.submit(_say_all, name, one, said)
            while waiting:
                name, what = said.get()
                if isinstance(what, BaseException):
                    raise what
                if isinstance(what, str):
                    told(name, what)
                    continue
                done[name] = what
                while waiting and waiting[0] in done:
                    yield done.pop(waiting.pop(0))
        except BaseException:  # also of the one who asked for the proofs and wants no more of them
            judges.stop()
            threads.shutdown(cancel_futures=True)
            raise


def _say_all(name: str, one: One, said: SimpleQueue[Said]) -> None:
    """Prove, and hand over what is told on the way and what came of it."""
    try:
        said.put((name, one(name, lambda quest, text: said.put((quest, text)))))
    except Stopped:
        return
    except BaseException as error:
        said.put((name, error))
