"""Questions of tensors/ray-caster/at-scale: the six questions of scale, with numbers drawn anew."""

import math
import textwrap

from leveling.checks import Asked, Draw, Question

FLOAT_BYTES = 4
MEBIBYTE = 2**20
SIZES = ((640, 360), (640, 480), (1280, 720), (1920, 1080))


def misled(answer: object, **beliefs: object) -> dict[str, str]:
    """The answers of misconceptions, without those that happen to be right."""
    return {name.replace("_", "-"): str(given) for name, given in beliefs.items() if str(given) != str(answer)}


def fitted(text: str) -> str:
    """A prompt in lines that fit a terminal of 80 columns."""
    return "\n".join(textwrap.fill(line, 76) for line in text.split("\n"))


class _Count(Question):
    """A question whose answer is a whole number: thousands may be set apart."""

    form = "a whole number"

    def accepts(self, asked: Asked, text: str) -> bool:
        return super().accepts(asked, text.replace(",", "").replace("'", ""))


class Scalability(_Count):
    """How memory grows with pixels, samples and spheres."""

    def ask(self, draw: Draw) -> Asked:
        side, more = draw.choice((2, 3, 4)), draw.choice((2, 3, 4))
        answer = side * side * more
        return Asked(
            fitted(
                f"Your picture was rendered with one ray a pixel. Now it gets {side} x {side} samples a pixel, "
                f"{more} times the spheres, and the "
                "same size.\nBy what factor does the tensor of differences between rays and spheres grow, without tiles?"
            ),
            answer,
            f"Rays grow by {side} x {side} = {side * side}, spheres by {more}, and the tensor holds every pair: "
            f"{side * side} x {more} = {answer}.",
            wrong=misled(
                answer,
                samples_count_once=side * more,
                adds_instead=side * side + more,
                spheres_do_not_count=side * side,
            ),
        )


class Distribution(_Count):
    """What workers send."""

    def ask(self, draw: Draw) -> Asked:
        (width, height), workers, samples = draw.choice(SIZES), draw.choice((4, 8)), draw.choice((2, 3))
        share = width * height // workers
        answer = share * 3 * FLOAT_BYTES
        return Asked(
            fitted(
                f"{workers} workers hold the scene and the camera. Each renders an equal part of a {width} x "
                f"{height} picture with {samples} x {samples} samples "
                "a pixel and sends its finished float32 colours.\nHow many bytes does one worker send?"
            ),
            answer,
            f"{width} x {height} / {workers} = {share} pixels of 3 numbers with 4 bytes: {answer}. Samples are "
            f"averaged before they are sent, "
            "and rays are made where they are used.",
            wrong=misled(
                answer,
                sends_every_sample=answer * samples * samples,
                sends_the_whole_picture=answer * workers,
                one_number_a_pixel=share * FLOAT_BYTES,
            ),
        )


class Memory(_Count):
    """The largest tile that fits."""

    def ask(self, draw: Draw) -> Asked:
        budget, samples = draw.choice((64, 96, 192)), draw.choice((2, 4))
        spheres, alive = draw.choice((16, 32, 64)), draw.choice((3, 4))
        per_pixel = samples * samples * spheres * 3 * FLOAT_BYTES * alive
        answer = budget * MEBIBYTE // per_pixel
        return Asked(
            fitted(
                f"A tile of T pixels with {samples} x {samples} samples and {spheres} spheres keeps {alive} float32 "
                f"tensors of shape (T, samples, spheres, 3) "
                f"alive at a time. You may use {budget} MiB for them.\nWhat is the largest T?"
            ),
            answer,
            f"A pixel takes {samples * samples} x {spheres} x 3 x 4 x {alive} = {per_pixel} bytes; {budget} x "
            f"2^20 / {per_pixel} rounded down is {answer}.",
            wrong=misled(
                answer,
                one_tensor_only=budget * MEBIBYTE // (per_pixel // alive),
                samples_count_once=budget * MEBIBYTE // (per_pixel // samples),
                megabytes_of_a_million=budget * 10**6 // per_pixel,
            ),
        )


class Latency(Question):
    """What more workers cannot take away."""

    form = "a number with one decimal"

    def ask(self, draw: Draw) -> Asked:
        fixed, split, workers = draw.integer(2, 9), draw.integer(20, 80), draw.choice((4, 8, 16))
        milliseconds = fixed + split / workers
        return Asked(
            fitted(
                f"One picture takes {fixed} ms to set up and collect, which one process does alone, and {split} ms "
                f"of rendering that {workers} workers share "
                "evenly.\nHow many milliseconds does it take with all of them, to one decimal?"
            ),
            f"{milliseconds:.1f}",
            f"{fixed} + {split} / {workers} = {milliseconds:.1f} ms. However many workers come, it never takes "
            f"less than {fixed} ms (Amdahl).",
            wrong=misled(
                f"{milliseconds:.1f}",
                everything_is_split=f"{(fixed + split) / workers:.1f}",
                setup_is_forgotten=f"{split / workers:.1f}",
            ),
        )

    def accepts(self, asked: Asked, text: str) -> bool:
        try:
            return abs(float(text.strip().removesuffix("ms")) - float(str(asked.answer))) <= 0.051
        except ValueError:
            return False


class Serving(_Count):
    """Workers for a stream of requests."""

    def ask(self, draw: Draw) -> Asked:
        rate, milliseconds, load = draw.integer(20, 90), draw.choice((50, 80, 120, 200)), draw.choice((50, 60, 80))
        busy = rate * milliseconds / 1000
        answer = -(-rate * milliseconds * 100 // (1000 * load))
        return Asked(
            fitted(
                f"Pictures are asked for at {rate} a second; one takes a worker {milliseconds} ms. Workers shall be "
                f"busy at most {load} percent of the time.\n"
                "How many workers are needed at least?"
            ),
            answer,
            f"On average {rate} x {milliseconds / 1000:g} = {busy:g} workers are busy (Little). At most {load} "
            f"percent of them: {busy:g} / {load / 100:g}, "
            f"rounded up, is {answer}.",
            wrong=misled(
                answer,
                no_slack=math.ceil(busy),
                rounds_down=math.floor(busy * 100 / load),
                slack_the_other_way=math.ceil(busy * load / 100),
            ),
        )


class OnlineEvaluation(_Count):
    """How many pictures show a rare fault."""

    def ask(self, draw: Draw) -> Asked:
        one_in = draw.choice((50, 100, 200, 500))
        answer = math.ceil(math.log(0.05) / math.log1p(-1 / one_in))
        return Asked(
            fitted(
                f"A new version of the renderer spoils one picture in {one_in}, at random. You compare pictures of "
                f"both versions as they are served.\n"
                "After how many comparisons have you met a spoilt one with a probability of at least 95 percent?"
            ),
            answer,
            f"None of n is spoilt with probability (1 - 1/{one_in})^n. That is at most 0.05 from n = ln 0.05 / "
            f"ln(1 - 1/{one_in}) on: {answer}, "
            f"about three times {one_in}.",
            wrong=misled(
                answer,
                as_many_as_the_rate_says=one_in,
                half_the_time=math.ceil(math.log(0.5) / math.log1p(-1 / one_in)),
            ),
        )

    def accepts(self, asked: Asked, text: str) -> bool:
        plain = text.strip().replace(",", "").replace("'", "")
        within = plain.isdecimal() and abs(int(plain) - int(str(asked.answer))) <= 1
        return within or super().accepts(asked, text)
