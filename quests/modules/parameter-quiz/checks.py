"""Questions of modules/parameter-quiz. Counts are taken from layers built on the meta device, shapes from a forward pass."""

import torch
from torch import Tensor, nn

from leveling.checks import Asked, Draw, Question

NUMBER = "a whole number"
SHAPE = "a shape such as (16, 30, 30)"
META = torch.device("meta")
ROUND = (10, 20, 30, 40, 50)
BFLOAT16_BYTES, FLOAT32_BYTES = 2, 4


def numbers(module: nn.Module) -> int:
    """How many numbers a module holds as parameters; a shared one counts once."""
    return sum(parameter.numel() for parameter in module.parameters())


def shape(module: nn.Module, *sizes: int) -> tuple[int, ...]:
    """The shape of what a module makes of one example of the given sizes, without the batch."""
    with torch.no_grad():
        made: Tensor = module(torch.zeros(1, *sizes))
    return tuple(made.shape[1:])


def misled(answer: object, **beliefs: object) -> dict[str, str]:
    """The answers of misconceptions, without those that happen to be right."""
    return {name.replace("_", "-"): str(given) for name, given in beliefs.items() if str(given) != str(answer)}


class _Count(Question):
    """A question whose answer is a number: thousands may be set apart."""

    form = NUMBER

    def accepts(self, asked: Asked, text: str) -> bool:
        return super().accepts(asked, text.replace(",", "").replace("'", ""))


class MlpParameters(_Count):
    """Parameters of a stack of linear layers."""

    def ask(self, draw: Draw) -> Asked:
        a, b, c = draw.choice(ROUND), draw.choice(ROUND), draw.choice((2, 3, 5))
        bias = draw.choice((True, True, False))
        net = nn.Sequential(nn.Linear(a, b, bias=bias, device=META), nn.ReLU(), nn.Linear(b, c, bias=bias, device=META))
        answer = numbers(net)
        return Asked(
            f"net = nn.Sequential(\n    nn.Linear({a}, {b}, bias={bias}), nn.ReLU(),\n    nn.Linear({b}, {c}, bias={bias}))\n"
            "How many numbers does it learn?",
            answer,
            f"A layer from i to o holds i * o weights{' and o biases' if bias else ''}: "
            + (f"{a} * {b} + {b} + {b} * {c} + {c}" if bias else f"{a} * {b} + {b} * {c}")
            + f" = {answer}. The activation holds nothing.",
            wrong=misled(
                answer,
                forgets_the_biases=a * b + b * c,
                bias_as_wide_as_the_input=a * b + a + b * c + b,
                biases_where_there_are_none=a * b + b + b * c + c,
            ),
        )


class GroupedConvolutionParameters(_Count):
    """Parameters of a grouped convolution with bias."""

    def ask(self, draw: Draw) -> Asked:
        groups, kernel = draw.choice((2, 4, 5)), draw.choice((1, 3, 5))
        c, o = groups * draw.integer(2, 6), groups * draw.integer(2, 6)
        answer = numbers(nn.Conv2d(c, o, kernel, groups=groups, device=META))
        weights = o * (c // groups) * kernel**2
        return Asked(
            f"layer = nn.Conv2d({c}, {o}, kernel_size={kernel}, groups={groups})\nHow many parameters does it have, bias included?",
            answer,
            f"The weight is (O, C / groups, k, k) = ({o}, {c // groups}, {kernel}, {kernel}): each output channel sees only its "
            f"group's {c // groups} inputs. The bias is one number for each output, whatever the groups: {weights} + {o}.",
            wrong=misled(
                answer,
                divides_the_bias_by_the_groups=weights + o // groups,
                ignores_the_groups=o * c * kernel**2 + o,
                divides_both_channels_by_the_groups=weights // groups + o,
                forgets_the_bias=weights,
            ),
        )


class ConvolutionShape(Question):
    """The output of a convolution with stride, padding and dilation."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        c, o = draw.distinct(2, 12, 2)
        kernel, stride = draw.choice((3, 5)), draw.choice((2, 3))
        padding, dilation = draw.choice((0, 1, 2)), draw.choice((1, 2))
        h, w = draw.distinct(20, 40, 2)
        layer = nn.Conv2d(c, o, kernel, stride=stride, padding=padding, dilation=dilation)
        answer = shape(layer, c, h, w)
        reach = dilation * (kernel - 1) + 1
        return Asked(
            f"layer = nn.Conv2d({c}, {o}, kernel_size={kernel}, stride={stride}, padding={padding}, dilation={dilation})\n"
            f"x has shape (1, {c}, {h}, {w}). What is the shape of layer(x)[0]?",
            answer,
            f"The kernel covers d (k - 1) + 1 = {reach} positions, so floor((n + 2 p - {reach}) / s) + 1: of {h} and {w}, padded to "
            f"{h + 2 * padding} and {w + 2 * padding}, remain {answer[1]} and {answer[2]}.",
            wrong=misled(
                answer,
                ignores_the_dilation=(o, *((n + 2 * padding - kernel) // stride + 1 for n in (h, w))),
                pads_on_one_side=(o, *((n + padding - reach) // stride + 1 for n in (h, w))),
                rounds_up=(o, *(-(-(n + 2 * padding - reach) // stride) + 1 for n in (h, w))),
                forgets_the_last_window=(o, *((n + 2 * padding - reach) // stride for n in (h, w))),
            ),
        )


class TransposedConvolutionShape(Question):
    """The output of a transposed convolution."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        c, o = draw.distinct(2, 12, 2)
        kernel, stride = draw.choice((3, 4, 5)), draw.choice((2, 3))
        padding = draw.choice((0, 1))
        extra = draw.choice((0, 1))
        h, w = draw.distinct(5, 12, 2)
        layer = nn.ConvTranspose2d(c, o, kernel, stride=stride, padding=padding, output_padding=extra)
        answer = shape(layer, c, h, w)
        return Asked(
            f"layer = nn.ConvTranspose2d({c}, {o}, kernel_size={kernel}, stride={stride},\n    "
            f"padding={padding}, output_padding={extra})\nx has shape (1, {c}, {h}, {w}). What is the shape of layer(x)[0]?",
            answer,
            "The formula of the convolution, turned round: (n - 1) s - 2 p + k + output_padding. "
            f"({h} - 1) * {stride} - 2 * {padding} + {kernel} + {extra} = {answer[1]}, and the same with {w}.",
            wrong=misled(
                answer,
                multiplies_by_the_stride=(o, h * stride, w * stride),
                adds_the_padding=(o, *((n - 1) * stride + 2 * padding + kernel + extra for n in (h, w))),
                forgets_the_kernel=(o, *((n - 1) * stride - 2 * padding + 1 + extra for n in (h, w))),
                takes_it_for_a_convolution=(o, *((n + 2 * padding - kernel) // stride + 1 for n in (h, w))),
            ),
        )


class KeepsItsShape(Question):
    """Channels, stride and padding that leave a shape as it is."""

    form = "three numbers (out_channels, stride, padding)"

    def ask(self, draw: Draw) -> Asked:
        c, kernel, dilation = draw.integer(5, 60), draw.choice((3, 5, 7, 9)), draw.choice((1, 2, 3))
        padding = dilation * (kernel - 1) // 2
        layer = nn.Conv2d(c, c, kernel, stride=1, padding=padding, dilation=dilation)
        size = dilation * (kernel - 1) + 4
        answer = (c, 1, padding) if shape(layer, c, size, size) == (c, size, size) else "error"
        return Asked(
            f"layer = nn.Conv2d({c}, out_channels, kernel_size={kernel}, stride, padding, dilation={dilation})\n"
            f"x has shape (B, {c}, H, W), and so has layer(x), for every large enough H and W.\n"
            "What are out_channels, stride and padding (a number)?",
            answer,
            f"As many kernels as channels, stride 1, and half of what the kernel reaches beyond one position: "
            f"{dilation} * ({kernel} - 1) / 2 = {padding} on each side. Were that odd, no number would do.",
            wrong=misled(
                answer,
                ignores_the_dilation=(c, 1, (kernel - 1) // 2),
                pads_the_whole_reach_on_each_side=(c, 1, dilation * (kernel - 1)),
                halves_the_kernel=(c, 1, dilation * kernel // 2),
            ),
        )


class LstmParameters(_Count):
    """Parameters of a bidirectional LSTM of two layers."""

    def ask(self, draw: Draw) -> Asked:
        i, h = draw.choice((5, 10, 20, 30)), draw.choice((10, 20, 50))
        answer = numbers(nn.LSTM(i, h, num_layers=2, bidirectional=True, device=META))

        def stack(second: int, biases: int) -> int:
            return 2 * (4 * h * (i + h + biases) + 4 * h * (second + h + biases))

        return Asked(
            f"layer = nn.LSTM({i}, {h}, num_layers=2, bidirectional=True)\nHow many parameters does it have?",
            answer,
            f"Each direction of each layer has four gates, each with a matrix from the input, one from the state, and *two* bias "
            f"vectors: 4 * {h} * (inputs + {h} + 2). Inputs are {i} in the first layer and 2 * {h}, both directions, in the "
            f"second; all of it twice: {answer}.",
            wrong=misled(
                answer,
                forgets_the_second_bias_vector=stack(2 * h, 1),
                forgets_the_biases=stack(2 * h, 0),
                second_layer_sees_one_direction=stack(h, 2),
                forgets_the_second_direction=stack(2 * h, 2) // 2,
                has_three_gates=stack(2 * h, 2) * 3 // 4,
            ),
        )


class NormEntries(_Count):
    """Entries of the state_dict of two norms."""

    def ask(self, draw: Draw) -> Asked:
        c, d = draw.integer(3, 40), draw.integer(3, 40)
        first, second = draw.choice(((True, True), (True, False), (False, True), (False, False)))
        net = nn.Sequential(
            nn.BatchNorm2d(c, affine=first, device=META), nn.LayerNorm(d, elementwise_affine=second, device=META)
        )
        answer = len(net.state_dict())
        gains = 2 * first + 2 * second
        return Asked(
            f"net = nn.Sequential(nn.BatchNorm2d({c}, affine={first}),\n    nn.LayerNorm({d}, elementwise_affine={second}))\n"
            "How many keys has net.state_dict()?",
            answer,
            "Affine norms have a weight and a bias. BatchNorm2d also keeps running_mean, running_var and num_batches_tracked, "
            f"as buffers, affine or not; LayerNorm keeps nothing: {gains} + 3 = {answer}.",
            wrong=misled(
                answer,
                counts_parameters_only=gains,
                forgets_num_batches_tracked=gains + 2,
                layer_norm_has_running_statistics=gains + 5,
                affine_off_saves_nothing=5 * first + 2 * second,
            ),
        )


class LayerNormParameters(_Count):
    """Parameters of a LayerNorm over two dimensions."""

    def ask(self, draw: Draw) -> Asked:
        t, d = draw.choice((4, 5, 6)), draw.choice((10, 20, 30))
        answer = numbers(nn.LayerNorm((t, d), device=META))
        return Asked(
            f"layer = nn.LayerNorm(({t}, {d}))\nHow many parameters does it have?",
            answer,
            f"weight and bias have the shape that was given, one number for each of the {t} * {d} positions that are normalised "
            "together.",
            wrong=misled(answer, counts_the_last_dimension_only=2 * d, counts_the_weight_only=t * d),
        )


class LinearMultiplyAdds(_Count):
    """Multiply-adds of a linear layer."""

    def ask(self, draw: Draw) -> Asked:
        b, t, d, o = draw.choice((2, 4, 5)), draw.choice((100, 200)), draw.choice((10, 30, 50)), draw.choice((20, 40))
        outputs = b * t * o
        answer = outputs * d
        return Asked(
            f"layer = nn.Linear({d}, {o}, bias=False), x has shape ({b}, {t}, {d}).\nHow many multiply-adds takes layer(x)?",
            answer,
            f"Each of the {b} * {t} * {o} = {outputs} outputs is a sum of {d} products. (In floating-point operations: twice "
            "that. Backward takes twice as many again.)",
            wrong=misled(
                answer, counts_two_operations_each=2 * answer, forgets_the_positions=b * d * o, counts_outputs=outputs
            ),
        )


class LinearBytes(_Count):
    """Bytes of activations and their gradients in bfloat16."""

    def ask(self, draw: Draw) -> Asked:
        b, t, d, o = (
            draw.choice((2, 4, 5)),
            draw.choice((100, 200)),
            draw.choice((10, 30, 50)),
            draw.choice((20, 40, 60)),
        )
        layer = nn.Linear(d, o, bias=False, dtype=torch.bfloat16)
        x = torch.zeros(b, t, d, dtype=torch.bfloat16)
        count = x.numel() + layer(x).numel()
        answer = 2 * count * BFLOAT16_BYTES
        return Asked(
            f"y = nn.Linear({d}, {o}, bias=False)(x), x has shape ({b}, {t}, {d}), all in bfloat16.\n"
            "How many bytes do x, y and the gradients of these two take together?",
            answer,
            f"{b} * {t} * ({d} + {o}) = {count} numbers of {BFLOAT16_BYTES} bytes, and gradients have the shape and dtype of what "
            "they belong to: twice that.",
            wrong=misled(
                answer,
                forgets_the_gradients=answer // 2,
                takes_four_bytes=2 * count * FLOAT32_BYTES,
                gradients_in_float32=count * (BFLOAT16_BYTES + FLOAT32_BYTES),
                adds_the_weight=answer + 2 * d * o * BFLOAT16_BYTES,
            ),
        )


class ConvolutionMultiplyAdds(_Count):
    """Multiply-adds of a convolution that keeps the spatial size."""

    def ask(self, draw: Draw) -> Asked:
        c, o, h, w = draw.choice((3, 4, 5)), draw.choice((6, 8, 10)), 10, draw.choice((10, 20, 30))
        layer = nn.Conv2d(c, o, 3, padding=1, bias=False)
        _, height, width = shape(layer, c, h, w)
        answer = numbers(layer) * height * width
        return Asked(
            f"layer = nn.Conv2d({c}, {o}, kernel_size=3, padding=1, bias=False)\nx has shape (1, {c}, {h}, {w}).\n"
            "How many multiply-adds takes layer(x), those with the padding's zeros included?",
            answer,
            f"The kernel's {c} * {o} * 9 = {numbers(layer)} weights are all used at each of the {height} * {width} positions. In a "
            "linear layer a weight is used once for each example; here it is shared.",
            wrong=misled(
                answer,
                each_weight_works_once=numbers(layer),
                forgets_the_kernel_size=c * o * height * width,
                counts_outputs=o * height * width,
                forgets_the_input_channels=o * 9 * height * width,
            ),
        )


class Tied(nn.Module):
    """A table of V rows whose weight is also the output layer's."""

    def __init__(self, rows: int, dim: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(rows, dim, device=META)
        self.out = nn.Linear(dim, rows, device=META)
        self.out.weight = self.embed.weight


def tied_text(rows: int, dim: int) -> str:
    """The model of the two questions on tying, as code."""
    return (
        f"model.embed = nn.Embedding({rows}, {dim}), model.out = nn.Linear({dim}, {rows}),\n"
        "then model.out.weight = model.embed.weight."
    )


class TiedParameters(_Count):
    """Parameters of a model in which two layers share a weight."""

    def ask(self, draw: Draw) -> Asked:
        rows, dim = draw.choice((100, 200, 500)), draw.choice((10, 20, 30))
        answer = numbers(Tied(rows, dim))
        return Asked(
            f"{tied_text(rows, dim)}\nWhat is sum(p.numel() for p in model.parameters())?",
            answer,
            f"parameters() yields a shared tensor once: {rows} * {dim} = {rows * dim}, and the bias of {rows}.",
            wrong=misled(answer, counts_the_shared_weight_twice=2 * rows * dim + rows, forgets_the_bias=rows * dim),
        )


class TiedKeys(_Count):
    """Keys of the state_dict of a model in which two layers share a weight."""

    def ask(self, draw: Draw) -> Asked:
        rows, dim = draw.choice((100, 200, 500)), draw.choice((10, 20, 30))
        answer = len(Tied(rows, dim).state_dict())
        return Asked(
            f"{tied_text(rows, dim)}\nHow many keys has model.state_dict()?",
            answer,
            "embed.weight, out.weight and out.bias: a shared tensor is listed under each of its names, so that the file loads "
            "wherever either of the two is expected. parameters() lists it once.",
            wrong=misled(answer, counts_a_tied_weight_once=2, lists_numbers_instead=rows * dim + rows),
        )


class InheritedLayers(_Count):
    """Parameters of a subclass that adds a layer and replaces another."""

    def ask(self, draw: Draw) -> Asked:
        a, b, c, d = draw.distinct(2, 12, 4)

        class Base(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.body = nn.Linear(a, b, device=META)
                self.head = nn.Linear(b, c, device=META)

        class Derived(Base):
            def __init__(self) -> None:
                super().__init__()
                self.head = nn.Linear(b, d, device=META)
                self.norm = nn.LayerNorm(b, device=META)

        answer = numbers(Derived())
        body, old, new, norm = a * b + b, b * c + c, b * d + d, 2 * b
        return Asked(
            f"Base.__init__ sets self.body = nn.Linear({a}, {b})\nand self.head = nn.Linear({b}, {c}).\n"
            "class Derived(Base): __init__ calls super().__init__(), then sets\n"
            f"self.head = nn.Linear({b}, {d}) and self.norm = nn.LayerNorm({b}).\nHow many parameters has Derived()?",
            answer,
            f"What the base class assigned is inherited; assigning head again replaces the entry of that name. body {body}, the "
            f"new head {new}, norm {norm}.",
            wrong=misled(
                answer,
                the_old_head_stays_registered=body + old + new + norm,
                the_first_assignment_wins=body + old + norm,
                only_the_own_layers_count=new + norm,
                norms_have_no_parameters=body + new,
            ),
        )
