"""Hidden checks of tensors/ray-caster/shading."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients

NORMALS, LIGHT = "normals_at(points, directions, which, scene)", "light_reaching(points, normals, scene, look)"
SHADE = "shade(origins, directions, scene, look)"
# A shadow ray that starts up to 2e-3 above the surface changes a cosine by up to about 1e-3 at these distances.
NEARLY = Tolerance(absolute=3e-3)
FLOOR = dict(normals=torch.tensor([[0.0, 1.0, 0.0]]), offsets=torch.tensor([0.0]))
SCENE = ("centres", "radii", "normals", "offsets")
LOOK = ("albedo", "lights", "powers", "ambient", "background")


def units(draw, *shape):
    """Random unit vectors (*shape, 3)."""
    v = draw.normal(*shape, 3, dtype=torch.float64)
    return (v / v.norm(dim=-1, keepdim=True)).float()


def setting(draw, objects, lights, height=6.0):
    """Colours for so many objects and lights at some height; powers sum to 1."""
    powers = draw.uniform(lights, low=0.3, high=1.0)
    place = draw.uniform(lights, 3, low=-4.0, high=4.0)
    place[:, 1] = draw.uniform(lights, low=height, high=height + 2)
    return dict(
        albedo=draw.uniform(objects, 3, low=0.2, high=1.0),
        lights=place,
        powers=powers / powers.sum(),
        ambient=torch.tensor(draw.number(0.05, 0.2)),
        background=draw.uniform(3, low=0.2, high=1.0),
    )


def balls_on_a_floor(draw, spheres):
    """Spheres that float or rest above the floor y = 0."""
    radii = draw.uniform(spheres, low=0.4, high=1.1)
    centres = draw.uniform(spheres, 3, low=-3.5, high=3.5)
    centres[:, 1] = radii * 1.01 + draw.uniform(spheres, low=0.0, high=1.5)
    return dict(centres=centres, radii=radii, **FLOOR)


def no_spheres():
    return dict(centres=torch.zeros(0, 3), radii=torch.zeros(0))


def no_planes():
    return dict(normals=torch.zeros(0, 3), offsets=torch.zeros(0))


def scene_of(tensors):
    from nearest_hit import Scene

    return Scene(*(tensors[name] for name in SCENE))


def look_of(solution, tensors):
    return solution.Look(*(tensors[name] for name in LOOK))


class NormalsFaceTheViewer(Check):
    """normals_at gives unit normals on the side from which the ray comes: outside, inside, above and below."""

    calls = NORMALS
    tolerance = Tolerance(absolute=1e-4)

    def cases(self, draw: Draw):
        scene = dict(
            centres=draw.normal(3, 3, std=3.0),
            radii=draw.uniform(3, low=0.5, high=3.0),
            normals=units(draw, 2),
            offsets=draw.normal(2),
        )
        which = draw.integers(0, 3, 20)
        outward = units(draw, 20)
        points = scene["centres"][which] + scene["radii"][which][:, None] * outward
        into = -outward + 0.5 * units(draw, 20)
        into = into / into.norm(dim=-1, keepdim=True)
        yield case("on spheres, from outside", points=points, directions=into, which=which, **scene)
        yield case("on spheres, from within", points=points, directions=-into, which=which, **scene)
        which = draw.integers(3, 5, 15)
        flat = scene["normals"][which - 3]
        along = torch.linalg.cross(flat, units(draw, 15))
        points = scene["offsets"][which - 3][:, None] * flat + along
        slanting = along / along.norm(dim=-1, keepdim=True) + (2 * draw.booleans(15, 1) - 1) * flat
        slanting = slanting / slanting.norm(dim=-1, keepdim=True)
        yield case("on planes, from both sides", points=points, directions=slanting, which=which, **scene)

    def probe(self, solution, points, directions, which, **tensors):
        return solution.normals_at(points, directions, which, scene_of(tensors))


class LambertsCosine(Check):
    """light_reaching adds power times cosine over the lights above the horizon."""

    calls = LIGHT
    tolerance = NEARLY

    def cases(self, draw: Draw):
        look = setting(draw, 1, 1) | dict(lights=torch.tensor([[0.0, 4.0, 0.0]]), powers=torch.tensor([0.8]))
        points = torch.tensor([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, -4.0]])
        up = torch.tensor([0.0, 1.0, 0.0]).expand(3, 3).clone()
        yield case("a lamp 4 above a floor", points=points, facing=up, **no_spheres(), **FLOOR, **look)
        points = draw.uniform(17, 3, low=-3.0, high=3.0)
        look = setting(draw, 0, 3)
        normals = units(draw, 17)
        yield case(
            "three lights, nothing in the way", points=points, facing=normals, **no_spheres(), **no_planes(), **look
        )
        shape = dict(points=points[:6].reshape(2, 3, 3), facing=normals[:6].reshape(2, 3, 3))
        yield case("points of shape (2, 3, 3)", **shape, **no_spheres(), **no_planes(), **look)
        yield case("no light", points=points, facing=normals, **no_spheres(), **no_planes(), **setting(draw, 0, 0))

    def probe(self, solution, points, facing, **tensors):
        return solution.light_reaching(points, facing, scene_of(tensors), look_of(solution, tensors))


class ShadowsFall(Check):
    """What stands between a point and a light takes that light away; what stands behind the light does not."""

    calls = LIGHT
    tolerance = NEARLY

    def cases(self, draw: Draw):
        points = torch.tensor([[0.0, 0.0, 0.0], [0.3, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, -2.5]])
        up = torch.tensor([0.0, 1.0, 0.0]).expand(4, 3).clone()
        ball = dict(centres=torch.tensor([[0.0, 1.5, 0.0]]), radii=torch.tensor([0.5]), **FLOOR)
        for label, lights in (
            ("a ball between floor and light", [[0.0, 5.0, 0.0]]),
            ("the light between ball and floor", [[0.0, 0.7, 0.0]]),
            ("the light below the floor", [[0.0, -3.0, 0.0]]),
            ("two lights, one of them hidden", [[0.0, 5.0, 0.0], [4.0, 2.0, 0.0]]),
            ("the ball behind a slanting light", [[0.0, 0.8, 0.0], [1.5, 0.5, 1.0]]),
        ):
            look = setting(draw, 2, len(lights)) | dict(lights=torch.tensor(lights))
            yield case(label, points=points, facing=up, **ball, **look)
        roof = dict(normals=torch.tensor([[0.0, 1.0, 0.0]]), offsets=torch.tensor([3.0]))
        look = setting(draw, 1, 2) | dict(lights=torch.tensor([[1.0, 5.0, 0.0], [0.0, 2.0, 0.0]]))
        yield case("a roof: one light above, one below", points=points, facing=up, **no_spheres(), **roof, **look)

    def probe(self, solution, points, facing, **tensors):
        return solution.light_reaching(points, facing, scene_of(tensors), look_of(solution, tensors))


class NoShadowAcne(Check):
    """A surface does not shadow itself: a lit sphere or floor alone has no dark point that faces the light."""

    calls = LIGHT
    compare = False

    def cases(self, draw: Draw):
        for label, aside, radius in (
            ("a sphere of radius 1 near the origin", 1.0, 1.0),
            ("a sphere of radius 30, 60 from the origin", 60.0, 30.0),
        ):
            normals = units(draw, 2000)
            centres = aside * units(draw, 1)
            points = centres + radius * normals
            look = setting(draw, 1, 1) | dict(lights=centres + 3 * radius * units(draw, 1))
            scene = dict(centres=centres, radii=torch.tensor([radius]), **no_planes())
            yield case(label, points=points, facing=normals, **scene, **look)
        flat = units(draw, 1)
        beside = torch.linalg.cross(flat.expand(2000, 3), draw.normal(2000, 3, std=5.0))
        scene = dict(**no_spheres(), normals=flat, offsets=torch.tensor([20.0]))
        look = setting(draw, 1, 1) | dict(lights=26 * flat)
        normals = flat.expand(2000, 3).clone()
        yield case("a slanting plane", points=20 * flat + beside, facing=normals, **scene, **look)

    def probe(self, solution, points, facing, **tensors):
        return solution.light_reaching(points, facing, scene_of(tensors), look_of(solution, tensors))

    def verify(self, case, got, want):
        expect(tuple(got.shape) == (2000,), f"the shape is {tuple(got.shape)}, not (2000,)")
        way = (case["lights"] - case["points"]).double()
        cosine = (case["facing"].double() * way).sum(-1) / way.norm(dim=-1)
        dark = int(((cosine > 0.05) & (got <= 0.01 * case["powers"])).sum())
        expect(dark == 0, f"{dark} of {int((cosine > 0.05).sum())} points that face the light are dark")


class ColoursAndBackground(Check):
    """shade gives albedo times (ambient + light) of the object hit, and exactly the background where nothing is hit."""

    calls = SHADE
    tolerance = NEARLY

    def cases(self, draw: Draw):
        scene = dict(
            centres=torch.tensor([[0.0, 0.0, -6.0], [3.0, 0.0, -6.0]]), radii=torch.tensor([1.0, 1.0]), **FLOOR
        )
        scene["offsets"] = torch.tensor([-1.5])
        aims = [[0.1, 0.2, -6.0], [3.2, 0.1, -6.0], [-2.0, -1.5, -5.0], [0.0, 3.0, -6.0], [0.0, 0.0, 5.0]]
        aims = torch.tensor(aims)
        directions = aims / aims.norm(dim=-1, keepdim=True)
        for lights in (1, 2):
            look = setting(draw, 3, lights) | dict(lights=torch.tensor([[0.0, 4.0, 0.0], [-1.0, 0.5, 1.0]])[:lights])
            label = f"ball, ball, floor, sky, sky; lights: {lights}"
            yield case(label, origins=torch.zeros(3), directions=directions, **scene, **look)
        look = setting(draw, 3, 1) | dict(lights=torch.zeros(1, 3))
        yield case("a flash: the light is at the eye", origins=torch.zeros(3), directions=directions, **scene, **look)
        empty = no_spheres() | no_planes()
        yield case("nothing at all", origins=torch.zeros(3), directions=directions, **empty, **setting(draw, 0, 2))

    def probe(self, solution, origins, directions, **tensors):
        return solution.shade(origins, directions, scene_of(tensors), look_of(solution, tensors))


class WholePictures(Check):
    """Pictures of whole scenes match the judge's to 3e-3 in 99.5 percent of the pixels."""

    calls = SHADE
    compare = False

    def cases(self, draw: Draw):
        for spheres, lights in ((1, 1), (6, 2), (12, 3)):
            scene, look = balls_on_a_floor(draw, spheres), setting(draw, spheres + 1, lights)
            yield case(f"{spheres} balls, {lights} lights", **scene, **look)

    def probe(self, solution, **tensors):
        from camera_rays import camera_rays, look_at

        eye = torch.tensor([1.0, 3.5, 9.0], dtype=tensors["centres"].dtype)
        frame = look_at(eye, torch.zeros_like(eye), eye.new_tensor([0.0, 1.0, 0.0]))
        return solution.shade(eye, camera_rays(48, 72, 50.0, frame), scene_of(tensors), look_of(solution, tensors))

    def verify(self, case, got, want):
        expect(got.shape == want.shape, f"the shape is {tuple(got.shape)}, not {tuple(want.shape)}")
        # roundings decide a pixel only where an edge passes within 1e-3 of it: 0.1 percent of the pixels, measured
        close = float(((got - want).abs().amax(-1) <= 3e-3).double().mean())
        expect(close >= 0.995, f"{100 * close:.2f} percent of the pixels match, 99.5 are asked for")


class GradientsOfColours(Check):
    """Gradients reach centres, albedo and lights through hits, and are finite where other rays hit nothing."""

    calls = f"{SHADE}, then backward,"
    tolerance = Tolerance(relative=1e-2, absolute=3e-3)

    def cases(self, draw: Draw):
        aims = torch.tensor([[0.0, 0.0, -6.0]]) + draw.uniform(14, 3, low=-0.4, high=0.4)
        aims = torch.cat([aims, torch.tensor([[0.0, 5.0, -1.0], [4.0, 3.0, 1.0]])])
        yield dict(
            origins=torch.zeros(3),
            directions=aims / aims.norm(dim=-1, keepdim=True),
            centres=torch.tensor([[0.0, 0.0, -6.0]], requires_grad=True),
            radii=torch.tensor([1.0]),
            normals=torch.tensor([[0.0, 1.0, 0.0]]),
            offsets=torch.tensor([-1.5]),
            albedo=draw.uniform(2, 3, low=0.2, high=1.0, requires_grad=True),
            lights=torch.tensor([[2.0, 4.0, 0.0], [-2.0, 1.0, 1.0]], requires_grad=True),
            powers=torch.tensor([0.5, 0.4]),
            ambient=torch.tensor(0.1),
            background=draw.uniform(3),
        )

    def probe(self, solution, origins, directions, **tensors):
        colours = solution.shade(origins, directions, scene_of(tensors), look_of(solution, tensors))
        return gradients(colours, **{name: tensors[name] for name in ("centres", "albedo", "lights")})


class SixLights(Workload):
    """160 x 160 rays, 32 spheres, a floor and 6 lights."""

    calls = "shade of 160 x 160 rays with 32 spheres and 6 lights"

    def cases(self, draw: Draw, side: int = 160, spheres: int = 32, lights: int = 6):
        away = units(draw, side, side)
        yield dict(
            origins=torch.tensor([0.0, 2.0, 9.0]),
            directions=away,
            **balls_on_a_floor(draw, spheres),
            **setting(draw, spheres + 1, lights),
        )

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, side=3, spheres=2, lights=2))

    def probe(self, solution, origins, directions, **tensors):
        with torch.no_grad():
            return solution.shade(origins, directions, scene_of(tensors), look_of(solution, tensors))
