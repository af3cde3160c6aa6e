"""Hidden checks of tensors/ray-caster/supersampled-scene."""

import math

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients

CALL = "render(scene, look, eye, target, up, height, width, ...)"
SCENE = ("centres", "radii", "normals", "offsets")
LOOK = ("albedo", "lights", "powers", "ambient", "background")


def crowd(draw, spheres, lights):
    """Spheres over the floor y = 0, lights above them; powers sum to 1."""
    radii = draw.uniform(spheres, low=0.3, high=1.0)
    centres = draw.uniform(spheres, 3, low=-4.0, high=4.0)
    centres[:, 1] = radii * 1.01 + draw.uniform(spheres, low=0.0, high=2.5)
    place = draw.uniform(lights, 3, low=-5.0, high=5.0)
    place[:, 1] = draw.uniform(lights, low=6.0, high=9.0)
    powers = draw.uniform(lights, low=0.3, high=1.0)
    return dict(
        centres=centres,
        radii=radii,
        normals=torch.tensor([[0.0, 1.0, 0.0]]),
        offsets=torch.zeros(1),
        albedo=draw.uniform(spheres + 1, 3, low=0.2, high=1.0),
        lights=place,
        powers=powers / powers.sum(),
        ambient=torch.tensor(draw.number(0.05, 0.2)),
        background=draw.uniform(3, low=0.2, high=1.0),
    )


def one_ball(draw, **other):
    """A ball alone in the air: no shadow falls on anything, so that no edge but its own is in the picture."""
    distance = draw.number(4.0, 6.0)
    ball = dict(
        centres=torch.tensor([[draw.number(-0.5, 0.5), draw.number(-0.5, 0.5), -distance]]),
        radii=torch.tensor([distance * draw.number(0.22, 0.28)]),
        normals=torch.zeros(0, 3),
        offsets=torch.zeros(0),
        albedo=draw.uniform(1, 3, low=0.3, high=1.0),
        lights=torch.tensor([[3.0, 5.0, 1.0], [-4.0, 1.0, 3.0]]),
        powers=torch.tensor([0.5, 0.4]),
        ambient=torch.tensor(0.1),
        background=draw.uniform(3, low=0.2, high=1.0),
    )
    return ball | other


def picture(solution, tensors, eye=(0.0, 0.0, 0.0), target=(0.0, 0.0, -1.0), **options):
    from nearest_hit import Scene
    from shading import Look

    scene, look = Scene(*(tensors[name] for name in SCENE)), Look(*(tensors[name] for name in LOOK))
    eye, target, up = (tensors["centres"].new_tensor(v) for v in (eye, target, (0.0, 1.0, 0.0)))
    return solution.render(scene, look, eye, target, up, **options)


class PixelsAreMeansOfTheirSamples(Check):
    """Every pixel is the mean colour of its own samples x samples rays; with samples = 1 it is the plain picture."""

    calls = CALL
    tolerance = Tolerance(absolute=3e-3)

    def cases(self, draw: Draw):
        for height, width, samples in ((5, 7, 1), (5, 7, 2), (8, 3, 3), (1, 1, 4)):
            options = dict(height=height, width=width, samples=samples, tile=width)
            yield case(f"one ball, {height} x {width}, samples = {samples}", **options, **one_ball(draw))

    def probe(self, solution, height, width, samples, tile, **tensors):
        return picture(solution, tensors, height=height, width=width, samples=samples, tile=tile)


class CoverageOfTheSilhouette(Check):
    """A white ball before black covers the area that geometry says; its edge pixels are grey, in quarters or ninths."""

    calls = CALL
    compare = False

    def cases(self, draw: Draw):
        for samples in (2, 3):
            distance = draw.number(4.0, 9.0)
            ball = one_ball(
                draw,
                centres=torch.tensor([[0.0, 0.0, -distance]]),
                radii=torch.tensor([distance * draw.number(0.25, 0.35)]),
                albedo=torch.ones(1, 3),
                powers=torch.zeros(2),
                ambient=torch.tensor(1.0),
                background=torch.zeros(3),
            )
            yield case(f"samples = {samples}", samples=samples, **ball)

    def probe(self, solution, samples, **tensors):
        return picture(solution, tensors, height=96, width=96, fov=60.0, samples=samples, tile=500)

    def verify(self, case, got, want):
        expect(tuple(got.shape) == (96, 96, 3), f"the shape is {tuple(got.shape)}, not (96, 96, 3)")
        sine = float(case["radii"][0] / case["centres"][0].norm())
        exact = math.pi * sine**2 / (1 - sine**2) / (2 * math.tan(math.radians(30.0))) ** 2
        covered = float(got[..., 0].double().mean())
        # a disc of some 45 pixels radius, sampled at 4 or 9 points a pixel, covers its area to 0.2 percent
        expect(
            abs(covered - exact) < 0.01 * exact, f"the ball covers {covered:.5f} of the picture, exactly {exact:.5f}"
        )
        levels = got[..., 0].double() * case["samples"] ** 2
        expect((levels - levels.round()).abs().max() < 1e-3, f"brightness comes in steps of 1/{case['samples'] ** 2}")
        grey = int(((levels > 0.5) & (levels < case["samples"] ** 2 - 0.5)).sum())
        expect(grey > 60, f"{grey} pixels are grey; the outline runs through far more")


class TileSizeChangesNothing(Check):
    """The picture is the same whether 1, 10, 37 or all pixels are computed at a time."""

    calls = CALL
    compare = False

    def cases(self, draw: Draw):
        yield crowd(draw, 5, 2)

    def probe(self, solution, **tensors):
        view = dict(eye=(1.0, 3.5, 9.0), target=(0.0, 0.5, 0.0), height=9, width=14)
        return {f"tile={tile}": picture(solution, tensors, **view, tile=tile) for tile in (10_000, 37, 10, 1)}

    def verify(self, case, got, want):
        for name, image in got.items():
            expect(tuple(image.shape) == (9, 14, 3), f"{name}: the shape is {tuple(image.shape)}, not (9, 14, 3)")
            # roundings may differ with the size of a product and move a sample over an edge, seldom and slightly
            off = float((image - got["tile=10000"]).abs().mean())
            expect(off < 2e-3, f"{name} differs from tile=10000 by {off:.4f} on average")


class TheWholeScene(Check):
    """Pictures of 32 balls under 3 lights differ from the judge's by at most 2e-3 on average."""

    calls = CALL
    compare = False

    def cases(self, draw: Draw):
        for height, width in ((40, 64), (48, 24)):
            yield case(f"{height} x {width}", height=height, width=width, **crowd(draw, 32, 3))

    def probe(self, solution, height, width, **tensors):
        return picture(solution, tensors, eye=(1.0, 3.5, 9.0), target=(0.0, 0.5, 0.0), height=height, width=width)

    def verify(self, case, got, want):
        expect(got.shape == want.shape, f"the shape is {tuple(got.shape)}, not {tuple(want.shape)}")
        off = float((got - want).abs().mean())
        # another offset of shadow rays, up to 1e-3, and another order of roundings: 2e-4, measured
        expect(off <= 2e-3, f"the mean absolute difference is {off:.5f}")


class BrightnessHasAGradient(Check):
    """The gradient of mean brightness with respect to the centres of the spheres exists, and is finite and not zero."""

    calls = f"{CALL}.mean(), then backward,"
    compare = False

    def cases(self, draw: Draw):
        scene = crowd(draw, 8, 2)
        yield scene | dict(centres=scene["centres"].requires_grad_())

    def probe(self, solution, **tensors):
        view = dict(eye=(1.0, 3.5, 9.0), target=(0.0, 0.5, 0.0), height=16, width=24, tile=50)
        image = picture(solution, tensors, **view)
        return gradients(image.mean(), centres=tensors["centres"])

    def verify(self, case, got, want):
        gradient = got["gradient of centres"]
        expect(gradient is not None, "no gradient reaches the centres")
        expect(gradient.isfinite().all(), f"{int((~gradient.isfinite()).sum())} of 24 entries are not finite")
        expect((gradient != 0).any(), "the gradient is zero: shading depends on where the spheres are")


class FullPicture(Workload):
    """192 x 192 pixels of 4 rays, 32 balls, 3 lights, in tiles of 256 pixels."""

    calls = "render(...) at 192 x 192, 32 spheres, 3 lights, tile = 256"
    side, spheres, tile = 192, 32, 256

    def cases(self, draw: Draw):
        yield crowd(draw, self.spheres, 3) | dict(side=self.side, tile=self.tile)

    def warm_up(self, draw: Draw):
        return crowd(draw, 3, 2) | dict(side=4, tile=8)

    def probe(self, solution, side, tile, **tensors):
        view = dict(eye=(1.0, 3.5, 9.0), target=(0.0, 0.5, 0.0), height=side, width=side)
        with torch.no_grad():
            return picture(solution, tensors, **view, tile=tile)


class SmallPicture(FullPicture):
    """96 x 96 pixels of 4 rays, 32 balls, 3 lights, in tiles of 256 pixels."""

    calls = "render(...) at 96 x 96, 32 spheres, 3 lights, tile = 256"
    side = 96


class OneTile(FullPicture):
    """16 x 16 pixels, which are one tile."""

    calls = "render(...) at 16 x 16, 32 spheres, 3 lights, tile = 256"
    side = 16
