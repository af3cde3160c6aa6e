"""How values cross between judge and worker: tagged JSON for structure, raw bytes in shared memory for tensors.

Nothing is ever unpickled. Decoding builds plain values only and refuses whatever does not fit its bounds, so a
hostile worker can send wrong values but not code.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from leveling.arena.exchange import Exchange, Writer

MAX_DEPTH = 64
MAX_ITEMS = 2_000_000
MAX_REPR = 2_000

DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in (
        "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128 "
        "float8_e4m3fn float8_e5m2"
    ).split()
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class WireError(Exception):
    """What came over the wire is not a value we know, or does not fit its bounds."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something that is not a tensor or a plain value: its type's name and a short text."""

    type_name: str
    text: str


@dataclass(frozen=True, slots=True)
class TensorValue:
    """A tensor as it left the other side: the values on the CPU, contiguous, and what else was true of it."""

    tensor: Tensor
    device: str = "cpu"
    requires_grad: bool = False
    kind: str = "Tensor"
    strides: tuple[int, ...] = ()

    @property
    def is_parameter(self) -> bool:
        """Whether it came as an `nn.Parameter`."""
        return self.kind == "Parameter"


def pack(value: Any, writer: Writer, *, whole_storages: bool = False) -> str:
    """Encode `value` as text, its tensors' bytes through `writer`.

    With `whole_storages` a tensor is sent as a view of its storage, so that strides, offsets and sharing survive (the
    way of inputs). Otherwise it is sent contiguous (the way of results).
    """
    return json.dumps(_Packer(writer, whole_storages).encode(value, 0), separators=(",", ":"))


class _Packer:
    def __init__(self, writer: Writer, whole_storages: bool) -> None:
        self.writer = writer
        self.whole = whole_storages
        self.placed: dict[int, tuple[int, int]] = {}
        self.kept: list[Tensor] = []

    def encode(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"the value is nested deeper than {MAX_DEPTH} levels")
        kind = type(value)
        if value is None or kind in (bool, float, str):
            return value
        if kind is int:
            return value if abs(value) < 1 << 62 else ["I", hex(value)]
        if kind is list:
            return ["l", *(self.encode(item, depth + 1) for item in value)]
        if kind is tuple or kind is torch.Size:
            return ["t", *(self.encode(item, depth + 1) for item in value)]
        if isinstance(value, dict):
            pairs = ([self.encode(key, depth + 1), self.encode(item, depth + 1)] for key, item in value.items())
            return ["d", *pairs]
        return self.encode_rare(value, depth)

    def encode_rare(self, value: Any, depth: int) -> Any:
        if isinstance(value, Tensor):
            return self.encode_tensor(value)
        if isinstance(value, TensorValue):
            return self.encode_tensor(value.tensor)
        if isinstance(value, tuple):  # named tuples, torch.return_types: their fields are what counts
            return ["t", *(self.encode(item, depth + 1) for item in value)]
        if isinstance(value, bytes | bytearray):
            return ["b", base64.b64encode(bytes(value)).decode("ascii")]
        if isinstance(value, complex):
            return ["c", value.real, value.imag]
        if isinstance(value, set | frozenset):
            return ["s", *sorted((self.encode(item, depth + 1) for item in value), key=repr)]
        if isinstance(value, torch.dtype):
            return ["y", str(value).removeprefix("torch.")]
        if type(value).__module__ == "numpy":
            return self.encode_numpy(value)
        if isinstance(value, bool | int | float | str | list):  # subclasses lose their class on the way
            base: Any = next(kind for kind in (bool, int, float, str, list) if isinstance(value, kind))
            return self.encode(base(value), depth)
        return self.encode_foreign(value)

    def encode_foreign(self, value: Any) -> Any:
        if isinstance(value, Foreign):
            return ["F", value.type_name, value.text]
        try:
            text = repr(value)[:MAX_REPR]
        except BaseException as error:  # a learner's __repr__ may raise anything; the value is reported all the same
            text = f"<repr raised {type(error).__name__}>"
        return ["F", type(value).__qualname__, text]

    def encode_numpy(self, value: Any) -> Any:
        item = getattr(value, "item", None)
        if getattr(value, "ndim", None) == 0 and item is not None:
            return self.encode(item(), 0)
        try:
            tensor = torch.from_numpy(value.copy())
        except TypeError:
            return self.encode_foreign(value)
        return self.encode_tensor(tensor, "numpy.ndarray")

    def encode_tensor(self, tensor: Tensor, kind: str = "") -> Any:
        kind = kind or ("Tensor" if type(tensor) is Tensor else type(tensor).__name__)
        if tensor.layout is not torch.strided or tensor.dtype not in NAMES or tensor.device.type == "meta":
            return ["F", f"{tensor.layout} tensor of {tensor.dtype} on {tensor.device}", str(tuple(tensor.shape))]
        about = [kind, str(tensor.device), bool(tensor.requires_grad), NAMES[tensor.dtype], list(tensor.shape)]
        strides = list(tensor.stride())
        plain = Tensor.detach(tensor)
        if plain.is_conj():
            plain = plain.resolve_conj()
        if plain.is_neg():
            plain = plain.resolve_neg()
        if self.whole and plain.device.type == "cpu":
            place, size = self.place_storage(plain)
            return ["T", *about, strides, place, size, plain.storage_offset()]
        place = self.writer.put(plain)
        return ["T", *about, strides, place, plain.numel() * plain.element_size(), -1]

    def place_storage(self, tensor: Tensor) -> tuple[int, int]:
        storage = tensor.untyped_storage()
        key = storage.data_ptr()
        if key not in self.placed or self.placed[key][1] < storage.nbytes():
            whole = torch.empty(0, dtype=torch.uint8).set_(storage, 0, (storage.nbytes(),), (1,))
            self.placed[key] = (self.writer.put(whole), storage.nbytes())
            self.kept.append(whole)
        return self.placed[key]


def unpack(text: str, exchange: Exchange, *, share: bool) -> Any:
    """Decode what `pack` wrote.

    With `share` tensors come as plain `torch.Tensor` lying in the shared memory (inputs in a worker); otherwise as
    `TensorValue` holding a copy of their own (results in the judge).

    Raises:
        WireError: when the text is not what `pack` writes or points outside the shared memory.
    """
    try:
        return _Unpacker(exchange, share).decode(json.loads(text), 0)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError, RuntimeError) as error:
        raise WireError(f"not a value of the wire: {type(error).__name__}: {error}") from error


class _Unpacker:
    def __init__(self, exchange: Exchange, share: bool) -> None:
        self.exchange = exchange
        self.share = share
        self.items = 0
        self.storages: dict[tuple[int, int], Tensor] = {}

    def decode(self, node: Any, depth: int) -> Any:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise WireError("the value is nested too deep or has too many items")
        if not isinstance(node, list):
            if isinstance(node, dict):
                raise WireError("a bare object is no value of the wire")
            return node
        tag, rest = node[0], node[1:]
        match tag:
            case "l":
                return [self.decode(item, depth + 1) for item in rest]
            case "t":
                return tuple(self.decode(item, depth + 1) for item in rest)
            case "d":
                return {self.key(pair[0], depth): self.decode(pair[1], depth + 1) for pair in rest}
            case "T":
                return self.tensor(*rest)
            case _:
                return self.decode_rare(tag, rest, depth)

    def key(self, node: Any, depth: int) -> Any:
        value = self.decode(node, depth + 1)
        try:
            hash(value)
        except TypeError:
            return str(value)
        return value

    def decode_rare(self, tag: Any, rest: list[Any], depth: int) -> Any:
        match tag:
            case "I":
                return int(rest[0], 16)
            case "b":
                return base64.b64decode(rest[0])
            case "c":
                return complex(float(rest[0]), float(rest[1]))
            case "s":
                return frozenset(self.decode(item, depth + 1) for item in rest)
            case "y":
                return DTYPES[rest[0]]
            case "F":
                return Foreign(str(rest[0])[:200], str(rest[1])[:MAX_REPR])
        raise WireError(f"unknown tag {tag!r}")

    def tensor(
        self,
        kind: str,
        device: str,
        requires_grad: bool,
        dtype_name: str,
        shape: list[int],
        strides: list[int],
        place: int,
        size: int,
        storage_offset: int,
    ) -> Any:
        dtype = DTYPES[dtype_name]
        if any(not isinstance(n, int) or n < 0 for n in shape) or len(shape) > 64:
            raise WireError(f"impossible shape {shape}")
        if not self.share:
            values = self.exchange.copy_out(place, size, dtype, shape)
            return TensorValue(values, str(device)[:40], bool(requires_grad), str(kind)[:80], tuple(map(int, strides)))
        if (place, size) not in self.storages:
            self.storages[place, size] = self.exchange.view(place, size)
        base = self.storages[place, size]
        tensor = torch.empty(0, dtype=dtype)
        if storage_offset < 0:
            tensor.set_(base.untyped_storage(), 0, tuple(shape), _contiguous(shape))
        else:
            tensor.set_(base.untyped_storage(), storage_offset, tuple(shape), tuple(strides))
        if kind == "numpy.ndarray":
            return tensor.numpy()
        if kind == "Parameter":
            return torch.nn.Parameter(tensor, requires_grad=requires_grad)
        return tensor.requires_grad_(requires_grad)


def _contiguous(shape: list[int]) -> tuple[int, ...]:
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(1, size)
    return tuple(reversed(strides))


def plain(value: Any) -> Any:
    """`value` with every `TensorValue` replaced by its bare tensor, as `verify` of a check receives it."""
    if isinstance(value, TensorValue):
        return value.tensor
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
