"""Hidden checks of training/checkpoint-and-resume."""

import os
import shutil
import zipfile
from pathlib import Path

import torch
from torch import nn

from leveling.checks import Check, Draw, Workload, case, expect, fill_parameters, raised

WIDTH = 7
LARGE = (2048, 4096)  # 32 MiB of weights: long enough in the writing to be interrupted
KEPT = {}  # what the memory workload builds before it is measured


def build(kind, width=WIDTH):
    """Model, optimizer and scheduler of a run, with fixed weights."""
    layers = (nn.Linear(5, width), nn.BatchNorm1d(width), nn.Tanh(), nn.Dropout(0.4), nn.Linear(width, 1))
    model = fill_parameters(nn.Sequential(*layers))
    if kind == "sgd":
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
        return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    if kind == "adamw":
        groups = [{"params": model[0].parameters(), "lr": 0.03}, {"params": model[1:].parameters()}]
        optimizer = torch.optim.AdamW(groups, lr=0.01)
        return model, optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 9)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return model, optimizer, torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.1)


def train(run, generator, x, y, epochs):
    """Some epochs; the order of the samples and the loss of each batch, which dropout and weights decide."""
    model, optimizer, scheduler = run
    orders, losses = [], []
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        orders.append(order)
        for rows in order.split(8):
            loss = (model(x[rows])[:, 0] - y[rows]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        scheduler.step()
    return {"the order of the samples": torch.stack(orders), "the losses under dropout": torch.stack(losses)}


def state_of(run):
    """All numbers of a run, by the names that messages use."""
    model, optimizer, scheduler = run
    found = {"the learning rates": torch.tensor([group["lr"] for group in optimizer.param_groups])}
    for index, parameter in enumerate(model.parameters()):
        for name, value in sorted(optimizer.state[parameter].items()):
            found[f"the optimizer's {name} of parameter {index}"] = torch.as_tensor(value).clone()
    found |= {f"the parameter {name}": value.detach().clone() for name, value in model.named_parameters()}
    found |= {f"the buffer {name}": value.clone() for name, value in model.named_buffers()}
    found["the scheduler's last_epoch"] = torch.tensor(scheduler.last_epoch)
    if hasattr(scheduler, "best"):
        found["the scheduler's best metric"] = torch.tensor(float(scheduler.best))
        found["the scheduler's count of bad epochs"] = torch.tensor(scheduler.num_bad_epochs)
    return found


def trained(kind, x, y, seed, epochs):
    """A run after some epochs, its generator, and its log."""
    run, generator = build(kind), torch.Generator().manual_seed(seed)
    return run, generator, train(run, generator, x, y, epochs)


def place(name):
    """A path in the scratch folder."""
    return str(Path(name).absolute())


def empty_place(name):
    """A path in the scratch folder, after all that lay there has been removed."""
    for old in Path.cwd().iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    return place(name)


def empty_folder():
    """A new folder in the emptied scratch folder."""
    folder = Path(empty_place("run"))
    folder.mkdir()
    return folder


def save_small(solution, folder, epoch):
    """A checkpoint of a few numbers in `folder`; its path."""
    path = folder / f"epoch-{epoch}.pt"
    solution.save_checkpoint(str(path), *small_and_large("small"), epoch, 0, torch.Generator())
    return path


def name_of(found):
    """What `latest` answered, without its folder."""
    return None if found is None else Path(found).name


def small_and_large(which):
    """Runs of two architectures: one of a few numbers, one of 32 MiB."""
    model = nn.ParameterList([nn.Parameter(torch.full((3, 2) if which == "small" else LARGE, 0.25))])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 2)


def survivor(solution, path):
    """Which complete checkpoint lies at `path`: "small", "large" or "none"."""
    for which in ("small", "large"):
        run = small_and_large(which)
        (value,) = run[0].parameters()
        with torch.no_grad():
            value.zero_()
        outcome = raised(solution.load_checkpoint, path, *run, torch.Generator())  # it may not fit, or be torn
        if outcome["raised"] == "nothing" and bool((value == 0.25).all()):
            return which
    return "none"


def data(draw, kind):
    """The inputs of a run: 29 samples make three batches of 8 and one of 5."""
    return dict(kind=kind, x=draw.normal(29, 5), y=draw.normal(29), seed=draw.seed())


def first_difference(got, want):
    """The name of the first value that is not the same to the last bit, and by how much it differs."""
    for name, value in want.items():
        if not torch.equal(got[name], value):
            gap = (got[name].double() - value.double()).abs().max() if got[name].shape == value.shape else "its shape"
            return f"{name} (by {float(gap):.3g})" if not isinstance(gap, str) else f"{name} ({gap})"
    return ""


class ComesBack(Check):
    """What was saved comes back: weights, learning rate, optimizer state, epoch and step."""

    calls = "save_checkpoint(...), then load_checkpoint into a fresh run"
    scratch = True
    truth = False

    def cases(self, draw: Draw):
        for kind in ("sgd", "adamw"):
            yield case(kind, **data(draw, kind), epoch=draw.integer(1, 99), step=draw.integer(100, 9999))

    def probe(self, solution, kind, x, y, seed, epoch, step):
        path = empty_place("epoch-1.pt")
        run, generator, _ = trained(kind, x, y, seed, 1)
        solution.save_checkpoint(path, *run, epoch, step, generator)
        fresh = build(kind)
        told = solution.load_checkpoint(path, *fresh, torch.Generator())
        return {"told": {name: told[name] for name in ("epoch", "step")}, "parameters": list(fresh[0].parameters())}


class ResumesBitForBit(Check):
    """3 epochs, a new process and 4 epochs more equal 7 epochs in one go, to the last bit."""

    calls = "save_checkpoint after 3 epochs, load_checkpoint in a new process, 4 epochs more"
    scratch = True
    compare = False

    def cases(self, draw: Draw):
        for kind in ("sgd", "adamw"):
            yield case(kind, **data(draw, kind))

    def conduct(self, side, **inputs):
        straight = side.call("probe_straight", **inputs)
        side.call("probe_stop", **inputs)
        side.restart()
        return {"straight": straight, "resumed": side.call("probe_resume", **inputs)}

    def probe_straight(self, solution, kind, x, y, seed):
        run, generator, _ = trained(kind, x, y, seed, 3)
        return train(run, generator, x, y, 4) | state_of(run)

    def probe_stop(self, solution, kind, x, y, seed):
        run, generator, _ = trained(kind, x, y, seed, 3)
        solution.save_checkpoint(empty_place("epoch-3.pt"), *run, 3, 12, generator)

    def probe_resume(self, solution, kind, x, y, seed):
        torch.manual_seed(seed + 1)
        run, generator = build(kind), torch.Generator().manual_seed(seed + 2)
        solution.load_checkpoint(place("epoch-3.pt"), *run, generator)
        return train(run, generator, x, y, 4) | state_of(run)

    def verify(self, case, got, want):
        where = first_difference(got["resumed"], want["straight"])
        expect(not where, f"after 3 + 4 epochs {where} is not what 7 epochs in one go give")


class KeepsTheBestMetric(Check):
    """A plateau scheduler goes on with its best metric and its count of bad epochs."""

    calls = "save_checkpoint and load_checkpoint with ReduceLROnPlateau"
    scratch = True
    compare = False

    def cases(self, draw: Draw):
        yield dict(metrics=[0.5, 0.3, 0.4], later=[0.35, 0.31], seed=draw.seed())

    def probe(self, solution, metrics, later, seed):
        run, generator = build("plateau"), torch.Generator().manual_seed(seed)
        for metric in metrics:
            run[2].step(metric)
        path = empty_place("epoch-3.pt")
        solution.save_checkpoint(path, *run, 3, 3, generator)
        fresh = build("plateau")
        solution.load_checkpoint(path, *fresh, torch.Generator())
        for metric in later:
            run[2].step(metric)
            fresh[2].step(metric)
        return {"straight": state_of(run), "resumed": state_of(fresh)}

    def verify(self, case, got, want):
        where = first_difference(got["resumed"], want["straight"])
        expect(not where, f"two metrics after loading {where} is not what it is without the stop")


class RestoresTheDice(Check):
    """Saving draws nothing; loading leaves both generators where they were when the checkpoint was saved."""

    calls = "save_checkpoint(...), then load_checkpoint"
    scratch = True
    truth = False

    def cases(self, draw: Draw):
        yield data(draw, "sgd")

    def probe(self, solution, kind, x, y, seed):
        run, generator, _ = trained(kind, x, y, seed, 1)
        path = empty_place("epoch-1.pt")
        wide, own = torch.get_rng_state(), generator.get_state()
        solution.save_checkpoint(path, *run, 1, 4, generator)
        untouched = torch.equal(torch.get_rng_state(), wide) and torch.equal(generator.get_state(), own)
        torch.manual_seed(seed + 1)
        other = torch.Generator().manual_seed(seed + 2)
        solution.load_checkpoint(path, *build(kind), other)
        return {
            "saving leaves both generators alone": untouched,
            "the global generator is back": torch.equal(torch.get_rng_state(), wide),
            "the generator of the shuffle is back": torch.equal(other.get_state(), own),
        }


class HoldsNoCode(Check):
    """The file loads with weights_only=True: it holds numbers, not pickled objects."""

    calls = "torch.load(path, weights_only=True) of what save_checkpoint wrote"
    scratch = True
    truth = False

    def cases(self, draw: Draw):
        for kind in ("sgd", "adamw", "plateau"):
            yield case(kind, kind=kind)

    def probe(self, solution, kind):
        path = empty_place("epoch-0.pt")
        solution.save_checkpoint(path, *build(kind), 0, 0, torch.Generator())
        try:
            torch.load(path, weights_only=True)
        except Exception as error:  # of whatever kind: it does not load
            return {"loads with weights_only=True": False, "why not": str(error).split("\n")[0][:160]}
        return {"loads with weights_only=True": True}


class RefusesCode(Check):
    """load_checkpoint does not open a file that holds pickled objects."""

    calls = "load_checkpoint of a file in which somebody hid an object"
    scratch = True
    truth = False

    def cases(self, draw: Draw):
        yield {}

    def probe(self, solution):
        path = empty_place("epoch-1.pt")
        run = small_and_large("small")
        solution.save_checkpoint(path, *run, 1, 1, torch.Generator())
        content = torch.load(path, weights_only=True)
        if isinstance(content, dict):
            content["stowaway"] = Stowaway()
        else:
            content = [*content, Stowaway()]
        torch.save(content, path)
        raised(solution.load_checkpoint, path, *run, torch.Generator())
        return {"the object in the file came to life": Path("it-is-alive").exists()}


class Stowaway:
    """Makes a folder when it is unpickled, where a real one would do harm."""

    def __reduce__(self):
        return os.mkdir, ("it-is-alive",)


class AFullDiskCostsNothing(Check):
    """When the disk fills while saving, save_checkpoint raises and the older checkpoint at the path stays whole."""

    calls = "save_checkpoint over an older checkpoint, on a disk that fills up"
    scratch = True
    compare = False

    def cases(self, draw: Draw):
        for size in (1 << 16, 4 << 20):
            yield case(f"room for {size:,} bytes", size=size)

    def conduct(self, side, size):
        side.call("probe_save", which="small")
        side.limit_files(size)
        outcome = side.attempt("probe_save", which="large")
        side.restart()
        return {"outcome": outcome, "there is": side.call("probe_look")}

    def probe_save(self, solution, which):
        path = empty_place("epoch-1.pt") if which == "small" else place("epoch-1.pt")
        solution.save_checkpoint(path, *small_and_large(which), 1, 1, torch.Generator())
        return "nothing was raised"

    def probe_look(self, solution):
        return survivor(solution, place("epoch-1.pt"))

    def verify(self, case, got, want):
        expect(got["there is"] == "small", "the save failed half-way, and the older checkpoint is lost")
        expect(isinstance(got["outcome"], dict), "the save failed half-way and nothing was raised: nobody will know")


class ACrashCostsNothing(Check):
    """When the process is killed while saving, the path holds a complete checkpoint, old or new, and latest finds it."""

    calls = "save_checkpoint over an older checkpoint, killed half-way; then latest and load_checkpoint"
    scratch = True
    compare = False

    def cases(self, draw: Draw):
        for part in (0.01, 0.04, 0.1):
            yield case(f"killed after about {part:.0%}", after_bytes=int(part * LARGE[0] * LARGE[1] * 4))

    def conduct(self, side, after_bytes):
        side.call("probe_save", which="small")
        side.kill_during("probe_save", after_bytes, which="large")
        return side.call("probe_look")

    def probe_save(self, solution, which):
        path = empty_place("epoch-1.pt") if which == "small" else place("epoch-1.pt")
        solution.save_checkpoint(path, *small_and_large(which), 1, 1, torch.Generator())

    def probe_look(self, solution):
        found = solution.latest(str(Path.cwd()), 9)
        return {"there is": survivor(solution, place("epoch-1.pt")), "latest": name_of(found)}

    def verify(self, case, got, want):
        expect(got["there is"] != "none", "after the crash neither the old nor the new checkpoint can be loaded")
        expect(got["latest"] == "epoch-1.pt", f"after the crash latest finds {got['latest']}, expected epoch-1.pt")


class FindsTheLatest(Check):
    """latest ranks by the number, epoch 10 after epoch 9, whichever was written last; None in an empty folder."""

    calls = "latest(folder, 99)"
    scratch = True
    truth = False

    def cases(self, draw: Draw):
        yield case("an empty folder", epochs=[])
        yield case("one checkpoint", epochs=[0])
        yield case("9 and 10", epochs=[10, 9])
        yield case("many, written in any order", epochs=draw.shuffled([1, 2, 3, 20, 100]))

    def probe(self, solution, epochs):
        folder = empty_folder()
        for index, epoch in enumerate(epochs):
            os.utime(save_small(solution, folder, epoch), (1e9 + index, 1e9 + index))
        return name_of(solution.latest(str(folder), 99))


class SkipsTornFiles(Check):
    """latest passes over checkpoints that were cut off in the writing."""

    calls = "latest(folder, 99) with a torn newest file"
    scratch = True
    truth = False

    def cases(self, draw: Draw):
        for label, part in (("half of it is there", 0.5), ("nothing is there", 0.0), ("the last byte is missing", 1.0)):
            yield case(label, part=part)
        yield case("no other checkpoint", part=0.4, epochs=[7])

    def probe(self, solution, part, epochs=(5, 6, 7)):
        folder = empty_folder()
        paths = [save_small(solution, folder, epoch) for epoch in epochs]
        size = paths[-1].stat().st_size
        os.truncate(paths[-1], min(int(size * part), size - 1))
        return name_of(solution.latest(str(folder), 99))


class DeletesTheOld(Check):
    """The newest `keep` complete checkpoints stay, older ones go, and no other file is touched."""

    calls = "latest(folder, keep)"
    scratch = True
    truth = False

    def cases(self, draw: Draw):
        for keep in (1, 2, 5):
            yield case(f"keep {keep} of 4", keep=keep, epochs=draw.shuffled([8, 9, 10, 11]), torn=False)
        yield case("the newest is torn and counts for nothing", keep=2, epochs=[8, 9, 10, 11], torn=True)

    def probe(self, solution, keep, epochs, torn):
        folder = empty_folder()
        paths = [save_small(solution, folder, epoch) for epoch in epochs]
        for name in ("notes.txt", "best.pt"):
            shutil.copy(paths[-1], folder / name)
        if torn:
            os.truncate(paths[-1], 100)
        found = solution.latest(str(folder), keep)
        left = {path.name for path in folder.iterdir()} - ({paths[-1].name} if torn else set())  # it may stay or go
        return {"latest": name_of(found), "what is left": sorted(left)}


class LeavesAStrangerAlone(Check):
    """A checkpoint of another architecture raises and leaves model, optimizer, scheduler and generators unchanged."""

    calls = "load_checkpoint of a checkpoint of another architecture"
    scratch = True
    compare = False

    def cases(self, draw: Draw):
        for other in ("a wider last layer", "a layer more", "a layer less", "other parameter groups"):
            yield case(other, other=other, **data(draw, "sgd"))

    def probe(self, solution, other, kind, x, y, seed):
        path = empty_place("epoch-2.pt")
        stranger, strange_generator, _ = trained("adamw" if other == "other parameter groups" else "sgd", x, y, seed, 1)
        model = stranger[0]
        if other == "a wider last layer":
            model[4] = nn.Linear(WIDTH, 2)
        elif other == "a layer more":
            model.append(nn.Linear(1, 1))
        elif other == "a layer less":
            del model[4]
        solution.save_checkpoint(path, *stranger, 2, 8, strange_generator)
        run, generator, _ = trained(kind, x, y, seed + 1, 2)
        before, dice = state_of(run), (torch.get_rng_state(), generator.get_state())
        told = "nothing"
        try:
            solution.load_checkpoint(path, *run, generator)
        except NotImplementedError:
            raise
        except Exception as error:  # which kind is left to the solution
            told = type(error).__name__
        same = torch.equal(dice[0], torch.get_rng_state()) and torch.equal(dice[1], generator.get_state())
        return {"raised": told, "before": before, "after": state_of(run), "generators as before": same}

    def verify(self, case, got, want):
        expect(got["raised"] != "nothing", f"nothing was raised although the checkpoint has {case['other']}")
        where = first_difference(got["after"], got["before"])
        expect(not where, f"{got['raised']} was raised, but {where} had been changed already")
        expect(got["generators as before"], f"{got['raised']} was raised, but a generator had been changed already")


class ComesFromAnotherDevice(Check):
    """With map_location="cpu" a file that was saved on a GPU loads where there is none, optimizer state included."""

    calls = "load_checkpoint(..., map_location='cpu') of a file whose tensors were on cuda:0"
    scratch = True
    truth = False

    def cases(self, draw: Draw):
        yield data(draw, "adamw")

    def probe(self, solution, kind, x, y, seed):
        path = empty_place("epoch-1.pt")
        run, generator, _ = trained(kind, x, y, seed, 1)
        solution.save_checkpoint(path, *run, 1, 4, generator)
        rewrite_device(path)
        fresh = build(kind)
        try:
            solution.load_checkpoint(path, *fresh, torch.Generator(), map_location="cpu")
        except RuntimeError as error:
            if "CUDA" not in str(error):
                raise
            return {"devices": "the file still asks for its GPU: " + str(error).split(".")[0]}
        tensors = [*fresh[0].parameters(), *(v for state in fresh[1].state.values() for v in state.values())]
        return {"devices": sorted({str(tensor.device) for tensor in tensors if isinstance(tensor, torch.Tensor)})}


def rewrite_device(path):
    """Make a checkpoint say that its tensors were on cuda:0, as a run on a GPU would have written it."""
    with zipfile.ZipFile(path) as archive:
        parts = [(part, archive.read(part)) for part in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for part, content in parts:
            archive.writestr(part.filename, content.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"))


def big_run(rows=1024):
    """A run with Adam: rows x 1024 parameters and twice that of optimizer state."""
    model = nn.Linear(1024, rows, bias=False)
    optimizer = torch.optim.Adam(model.parameters())
    return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 2)


def save_big_run(solution, rows):
    """Save such a run after one update."""
    run = big_run(rows)
    run[0].weight.grad = torch.full_like(run[0].weight, 0.5)
    run[1].step()
    solution.save_checkpoint(empty_place("epoch-1.pt"), *run, 1, 1, torch.Generator())


class OneLargeFile(Workload):
    """The file of 1,048,576 parameters under Adam: 12 MiB of numbers."""

    calls = "save_checkpoint of 1,048,576 parameters under Adam"
    scratch = True

    def conduct(self, side, **inputs):
        side.call("probe")
        return side.scratch_bytes()

    def probe(self, solution):
        save_big_run(solution, 1024)


class LoadingALargeFile(Workload):
    """Loading a checkpoint of 4,194,304 parameters under Adam (48 MiB), which another process wrote."""

    calls = "load_checkpoint of 4,194,304 parameters under Adam"
    scratch = True
    compare = False

    def cases(self, draw: Draw):
        yield dict(write=False)

    def warm_up(self, draw: Draw):
        return dict(write=True)

    def probe(self, solution, write):
        if not write:
            solution.load_checkpoint(place("epoch-1.pt"), *KEPT["run"], torch.Generator())
            return
        child = os.fork()  # what writing takes must not be counted
        if child == 0:
            try:
                save_big_run(solution, 4096)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        KEPT["run"] = big_run(4096)
