"""The engine of several machines: an existing Ray cluster, one desk an actor. Ray is imported here alone, and late.

Which cluster: the one that RAY_ADDRESS names, else the one that runs on this machine, else a new one on this machine alone.
Every node needs leveling, in this version, and PyTorch. Quests travel with the task, so that no node needs the pack.
"""

import importlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from leveling import __version__
from leveling.catalog.hashing import content_hash, files_in
from leveling.catalog.reading import read_quest
from leveling.play.cohorts.desks import Desk, Task
from leveling.play.cohorts.outcomes import Key, Outcome
from leveling.play.echoing import Handed
from leveling.play.trouble import Trouble
from leveling.world.quest import Quest
from leveling.world.words import Verdict

LIVES = 3  # desks that one solution may take with it before it is set down as a fault
WAIT_SECONDS = 1.0

Files = dict[str, bytes]
Modules = tuple[tuple[str, str, str], ...]


def packed(quest: Quest) -> Files:
    """The files of a quest's folder, by their names in it."""
    return {path.relative_to(quest.folder).as_posix(): path.read_bytes() for path in files_in(quest.folder)}


class FarDesk:
    """A desk in another process, perhaps on another machine: an actor of Ray. Takes and gives plain values."""

    def __init__(self, version: str, device: str, *, insist: bool) -> None:
        if version != __version__:
            raise Trouble(
                f"a node of the cluster has leveling {__version__}, this machine has {version}: install the same"
            )
        self.folder = tempfile.TemporaryDirectory(prefix="leveling-cohort-", ignore_cleanup_errors=True)
        self.quests: dict[str, Quest] = {}
        self.desk = Desk(device=device, insist=insist)
        self.desk.open()

    def judge(self, key: dict[str, str], source: str, files: Files, echoes: Modules) -> dict[str, Any]:
        """The outcome of one task, as JSON."""
        task = Task(Key(**key), source, Handed(modules=echoes))
        return self.desk.judge(task, self._quest(task.key, files)).to_json()

    def pid(self) -> int:
        """The process that this desk runs in."""
        return os.getpid()

    def _quest(self, key: Key, files: Files) -> Quest:
        if key.content not in self.quests:
            folder = Path(self.folder.name) / key.content / key.quest
            for name, data in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            if content_hash(folder) != key.content:
                raise Trouble(f"{key.quest} did not arrive whole on a node of the cluster")
            self.quests[key.content] = read_quest(folder, key.quest)
        return self.quests[key.content]


class RayEngine:
    """Desks on a Ray cluster: as many as it has cores, or `jobs`. A desk that is lost costs its solution one more try."""

    def __init__(
        self, quests: Mapping[str, Quest], *, jobs: int | None = None, device: str = "cpu", insist: bool = False
    ) -> None:
        """Connect.

        Raises:
            Trouble: when Ray is not installed, or its cluster does not answer.
        """
        self.quests = quests
        self.device = device
        self.insist = insist
        self.ray = _ray()
        self.owns = not self.ray.is_initialized()
        if self.owns:
            _connect(self.ray)
        self.jobs = jobs or max(1, int(self.ray.cluster_resources().get("CPU", 1)))
        gpus = 1 if device == "cuda" else 0
        self.actor = self.ray.remote(FarDesk).options(num_cpus=1, num_gpus=gpus)
        self.files: dict[str, Any] = {}
        self.desks: list[Any] = []

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome]]:
        """See `Engine.run`."""
        waiting = [(task, 1) for task in reversed(tasks)]
        judged: dict[Any, tuple[Any, Task, int]] = {}
        for _ in range(min(self.jobs, len(tasks))):
            self._give(self._hire(), waiting, judged)
        while judged:
            ready, _ = self.ray.wait(list(judged), num_returns=1, timeout=WAIT_SECONDS)
            for reference in ready:
                desk, task, life = judged.pop(reference)
                outcome = self._fetch(reference)
                if outcome is None:
                    self.desks.remove(desk)
                    desk = self._hire()
                    if life < LIVES:
                        waiting.append((task, life + 1))
                    else:
                        yield task, Outcome(Verdict.JUDGE_FAULT.value, f"{life} workers were lost with it", tries=life)
                else:
                    yield task, outcome
                self._give(desk, waiting, judged)

    def close(self) -> None:
        """See `Engine.close`."""
        for desk in self.desks:
            self.ray.kill(desk)
        self.desks.clear()
        if self.owns:
            self.ray.shutdown()

    def _hire(self) -> Any:
        desk = self.actor.remote(__version__, self.device, insist=self.insist)
        self.desks.append(desk)
        return desk

    def _give(self, desk: Any, waiting: list[tuple[Task, int]], judged: dict[Any, tuple[Any, Task, int]]) -> None:
        if not waiting:
            return
        task, life = waiting.pop()
        if task.key.content not in self.files:
            self.files[task.key.content] = self.ray.put(packed(self.quests[task.key.quest]))
        files = self.files[task.key.content]
        reference = desk.judge.remote(asdict(task.key), task.source, files, task.echoes.modules)
        judged[reference] = (desk, task, life)

    def _fetch(self, reference: Any) -> Outcome | None:
        """The outcome, or None when its worker was lost.

        Raises:
            Trouble: when a node says that it cannot judge.
        """
        lost = self.ray.exceptions
        try:
            return Outcome.from_json(self.ray.get(reference))
        except lost.RayTaskError as error:
            raise _told(error) from error
        except lost.ActorDiedError as error:
            if "Trouble" in str(error):
                raise Trouble(_last_line(str(error))) from error
            return None
        except lost.RayError:
            return None


def _ray() -> Any:
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise Trouble(
            "the engine ray needs Ray: pip install 'leveling[cohort]', on every node of the cluster"
        ) from None


def _connect(ray: Any) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machines that the user named
    try:
        ray.init(log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        raise Trouble(f"no Ray cluster answers: {_last_line(str(error))}. RAY_ADDRESS names one.") from error


def _told(error: Any) -> Trouble:
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Trouble) else Trouble(_last_line(str(error)))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "it does not say why"
