"""Hidden checks of tensors/ray-caster/nearest-hit."""

import math

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients

SPHERES, PLANES = "sphere_distances(origins, directions, scene)", "plane_distances(origins, directions, scene)"
NEAREST = "nearest_hit(origins, directions, scene)"
# Honest formulas differ by what a glancing hit magnifies: a few 1e-5 at these sizes, measured.
LOOSE = Tolerance(relative=1e-4, absolute=1e-4)


def units(draw, *shape):
    """Random unit vectors (*shape, 3)."""
    v = draw.normal(*shape, 3, dtype=torch.float64)
    return (v / v.norm(dim=-1, keepdim=True)).float()


def objects(draw, spheres, planes):
    """Spheres of radius 0.5 to 2 within a cube of side 12, and planes 7 to 9 from its middle."""
    return dict(
        centres=draw.uniform(spheres, 3, low=-6.0, high=6.0),
        radii=draw.uniform(spheres, low=0.5, high=2.0),
        normals=units(draw, planes),
        offsets=draw.uniform(planes, low=7.0, high=9.0) * (1 - 2 * draw.booleans(planes).float()),
    )


def settled(origins, directions, scene):
    """(N,) bool: rays for which no rounding decides whether they hit, and what."""
    o, d = origins.double()[:, None], directions.double()[:, None]
    to = scene["centres"].double() - o  # (N, S, 3)
    square = scene["radii"].double() ** 2
    closest = (to * d).sum(-1)
    past = (to - closest[..., None] * d).square().sum(-1)
    clear = ((past - square).abs() > 0.1 * square) & ((to.square().sum(-1) - square).abs() > 0.1 * square)
    towards = d[:, 0] @ scene["normals"].double().T
    height = scene["offsets"].double() - o[:, 0] @ scene["normals"].double().T
    steep = (towards.abs() > 0.05) & (height.abs() > 0.1)
    half = (square - past).clamp(min=0).sqrt()
    ends = torch.where(past < square, torch.stack([closest - half, closest + half]), torch.inf)
    ends = torch.where(ends > 0, ends, torch.inf).amin(0)
    flat = torch.where(height / towards > 0, height / towards, torch.inf)
    first = torch.cat([ends, flat, torch.full((len(o), 2), torch.inf)], dim=1).sort(dim=1).values
    return clear.all(1) & steep.all(1) & ~((first[:, 1] - first[:, 0]) < 1e-2)


def rays(draw, n, scene, outside=0.0):
    """n rays from within the cube, half of them aimed at a sphere; with `outside` from that far, all of them aimed."""
    origins, directions = draw.uniform(8 * n, 3, low=-6.0, high=6.0), units(draw, 8 * n)
    if outside:
        origins[:, 2] = outside
    if len(scene["centres"]):
        chosen = scene["centres"][draw.integers(0, len(scene["centres"]), 8 * n)]
        aimed = chosen + draw.normal(8 * n, 3, std=0.7) - origins
        aimed = aimed / aimed.norm(dim=-1, keepdim=True)
        directions = torch.where(draw.booleans(8 * n, 1) | (outside > 0), aimed, directions)
    kept = settled(origins, directions, scene)
    return dict(origins=origins[kept][:n].clone(), directions=directions[kept][:n].clone())


def scene_of(solution, centres, radii, normals, offsets):
    return solution.Scene(centres, radii, normals, offsets)


def no_planes():
    return dict(normals=torch.zeros(0, 3), offsets=torch.zeros(0))


class DistancesToSpheres(Check):
    """sphere_distances gives the smallest positive distance to each sphere, and inf where the ray misses it."""

    calls = SPHERES
    tolerance = LOOSE

    def cases(self, draw: Draw):
        yield case(
            "three spheres ahead, one beside",
            origins=torch.zeros(1, 3),
            directions=torch.tensor([[0.0, 0.0, -1.0]]),
            centres=torch.tensor([[0.0, 0.0, -5.0], [0.0, 1.0, -9.0], [3.0, 0.0, -4.0], [0.0, 0.0, -20.0]]),
            radii=torch.tensor([2.0, 2.0, 1.0, 3.0]),
            **no_planes(),
        )
        for n, spheres in ((50, 7), (20, 1)):
            scene = objects(draw, spheres, 0)
            yield case(f"{n} rays, {spheres} spheres, all ahead", **rays(draw, n, scene, outside=30.0), **scene)

    def probe(self, solution, origins, directions, **scene):
        return solution.sphere_distances(origins, directions, scene_of(solution, **scene))


class InsideBehindAndTangent(Check):
    """From inside a sphere the far side is hit, a sphere behind is not, and a ray that just touches hits."""

    calls = SPHERES

    def cases(self, draw: Draw):
        r = float(draw.integer(1, 6))
        for label, origin, centre in (
            ("from the centre of a sphere", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
            ("from inside, the centre behind", (0.0, 0.0, 0.5), (0.0, 0.0, 1.0)),
            ("a sphere behind", (0.0, 0.0, 0.0), (0.0, 0.0, 2 * r + 1)),
            ("behind and beside", (0.0, 0.0, 0.0), (r / 2, 0.0, 2 * r)),
            ("from the surface inwards: 0 is not positive", (0.0, 0.0, 0.0), (0.0, 0.0, -r)),
            ("from the surface outwards", (0.0, 0.0, 0.0), (0.0, 0.0, r)),
            ("a tangent ray, all numbers exact", (0.0, r, 8.0), (0.0, 0.0, 0.0)),
            ("tangent on the other side", (0.0, -r, 3.0), (0.0, 0.0, -5.0)),
        ):
            yield case(
                label,
                origins=torch.tensor([origin]),
                directions=torch.tensor([[0.0, 0.0, -1.0]]),
                centres=torch.tensor([centre]),
                radii=torch.tensor([r]),
                **no_planes(),
            )

    def probe(self, solution, origins, directions, **scene):
        return solution.sphere_distances(origins, directions, scene_of(solution, **scene))


class DistancesToPlanes(Check):
    """plane_distances hits a plane from either side, and gives inf for rays that run away from it or along it."""

    calls = PLANES
    tolerance = LOOSE

    def cases(self, draw: Draw):
        up, down = (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)
        aside, ahead = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
        heights = torch.tensor([2.0, 2.0, -3.0, 2.0, 0.5, -1.0, 0.5, 0.0])
        yield case(
            "a floor at 0.5, from above, from below and from within",
            origins=heights[:, None] * torch.tensor(up),
            directions=torch.tensor([down, up, up, aside, ahead, ahead, down, down]),
            centres=torch.zeros(0, 3),
            radii=torch.zeros(0),
            normals=torch.tensor([[0.0, 1.0, 0.0]]),
            offsets=torch.tensor([0.5]),
        )
        scene = objects(draw, 0, 3)
        yield case("three planes", **rays(draw, 40, scene), **scene)

    def probe(self, solution, origins, directions, **scene):
        return solution.plane_distances(origins, directions, scene_of(solution, **scene))


class TheNearestObject(Check):
    """nearest_hit gives the distance and the number of the first object, planes after spheres, inf and -1 for none."""

    calls = NEAREST
    tolerance = LOOSE

    def cases(self, draw: Draw):
        for n, spheres, planes in ((60, 8, 2), (40, 5, 0), (30, 0, 2), (20, 1, 1)):
            scene = objects(draw, spheres, planes)
            yield case(f"{spheres} spheres, {planes} planes", **rays(draw, n, scene), **scene)
        yield case("an empty scene", origins=draw.normal(5, 3), directions=units(draw, 5), **objects(draw, 0, 0))
        yield case("no rays", origins=torch.zeros(0, 3), directions=torch.zeros(0, 3), **objects(draw, 3, 1))

    def probe(self, solution, origins, directions, **scene):
        return solution.nearest_hit(origins, directions, scene_of(solution, **scene))


class RaysOfAnyShape(Check):
    """Origins and directions of any leading shape broadcast: one eye and an image of directions, many eyes and one."""

    calls = NEAREST
    tolerance = LOOSE

    def cases(self, draw: Draw):
        scene = objects(draw, 5, 1)
        drawn = rays(draw, 24, scene)
        yield case("an image of 4 x 6 rays", **{name: x.reshape(4, 6, 3) for name, x in drawn.items()}, **scene)
        yield case("a single ray", **{name: x[3] for name, x in drawn.items()}, **scene)
        ball = dict(centres=torch.tensor([[0.0, 0.0, -6.0]]), radii=torch.tensor([1.0]))
        floor = dict(normals=torch.tensor([[0.0, 1.0, 0.0]]), offsets=torch.tensor([-2.0]))
        down = torch.tensor([[0.0, 0.0, -1.0], [0.6, -0.8, 0.0], [0.0, 1.0, 0.0]])
        yield case("one eye, three directions", origins=torch.zeros(3), directions=down, **ball, **floor)
        eyes = torch.tensor([[0.5, 0.0, 0.0], [0.0, 3.0, 1.0]])
        yield case("two eyes, one direction", origins=eyes, directions=down[0], **ball, **floor)
        yield case("2 x 1 eyes, three directions", origins=eyes[:, None], directions=down, **ball, **floor)

    def probe(self, solution, origins, directions, **scene):
        return solution.nearest_hit(origins, directions, scene_of(solution, **scene))


class MissesLeaveNoNan(Check):
    """Where rays miss, no NaN arises in the gradient of centres, radii or offsets, and hits have the right one."""

    calls = f"{NEAREST}, then backward over the finite distances,"
    tolerance = Tolerance(relative=1e-3, absolute=1e-3)

    def cases(self, draw: Draw):
        for spheres, planes in ((6, 1), (1, 0)):
            scene = objects(draw, spheres, planes)
            drawn = rays(draw, 30, scene)
            scene = {name: x.requires_grad_() for name, x in scene.items()}
            yield case(f"{spheres} spheres, {planes} planes", **drawn, **scene)
        scene = {name: x.requires_grad_() for name, x in objects(draw, 3, 0).items()}
        away = units(draw, 5)
        yield case("every ray misses", origins=40 * away, directions=away, **scene)
        along = dict(normals=torch.tensor([[0.0, 1.0, 0.0]]), offsets=torch.tensor([-2.0]))
        scene = {name: x.requires_grad_() for name, x in (objects(draw, 1, 0) | along).items()}
        directions = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
        yield case("rays along a plane", origins=torch.tensor([0.0, 20.0, 0.0]), directions=directions, **scene)

    def probe(self, solution, origins, directions, **scene):
        distance, _ = solution.nearest_hit(origins, directions, scene_of(solution, **scene))
        total = distance.where(distance < 1e6, 0.0).sum()
        found = gradients(total, **{name: scene[name] for name in ("centres", "radii", "offsets")})
        return {name: torch.zeros(1) if each is None else each for name, each in found.items()}


class SmallAndFarAway(Check):
    """A sphere of radius 1 or 2 at a distance of 3,000 is hit where it is, to a few thousandths."""

    calls = SPHERES
    tolerance = Tolerance(relative=2e-6, absolute=6e-3)

    def cases(self, draw: Draw):
        directions = units(draw, 60)
        beside = torch.linalg.cross(directions, units(draw, 60))
        beside = beside / beside.norm(dim=-1, keepdim=True)
        distance = draw.number(2500.0, 3500.0)
        radii = draw.uniform(60, low=1.0, high=2.0)
        centres = distance * directions + (draw.uniform(60, low=0.0, high=0.8) * radii)[:, None] * beside
        yield dict(origins=torch.zeros(3), directions=directions, centres=centres, radii=radii, **no_planes())

    def probe(self, solution, origins, directions, **scene):
        return solution.sphere_distances(origins, directions, scene_of(solution, **scene)).diagonal()


class SilhouetteAndDepth(Check):
    """At 256 x 256 the silhouette of one sphere has the area that geometry says, within 1 percent, and the depth too."""

    calls = f"{NEAREST} with the rays of camera_rays"
    compare = False

    def cases(self, draw: Draw):
        for label, aside in (("in the middle of the image", 0.0), ("off the view axis", draw.number(0.2, 0.3))):
            distance = draw.number(4.0, 9.0)
            turn = draw.number(0.0, 6.28)
            away = torch.tensor([math.cos(turn) * math.sin(aside), math.sin(turn) * math.sin(aside), -math.cos(aside)])
            yield case(label, centre=distance * away, radius=distance * draw.number(0.2, 0.3))

    def probe(self, solution, centre, radius):
        from camera_rays import camera_rays

        frame = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]], dtype=centre.dtype)
        empty = torch.zeros(0, 3, dtype=centre.dtype)
        scene = solution.Scene(centre[None], torch.full_like(centre[:1], radius), empty, empty[:, 0])
        distance, which = solution.nearest_hit(torch.zeros_like(centre), camera_rays(256, 256, 75.0, frame), scene)
        return {"pixels": (which == 0).sum(), "nearest": distance.min(), "missed": (which == -1).sum()}

    def verify(self, case, got, want):
        distance = float(case["centre"].norm())
        sine, cosine = case["radius"] / distance, float(-case["centre"][2]) / distance
        ellipse = math.pi * sine**2 * math.sqrt(1 - sine**2) / (cosine**2 - sine**2) ** 1.5
        pixel = (2 * math.tan(math.radians(75.0) / 2) / 256) ** 2
        count, exact = int(got["pixels"]), ellipse / pixel
        # a disc of some 60 pixels radius covers its area to about 0.2 percent
        expect(
            abs(count - exact) < 0.01 * exact, f"{count} pixels see the sphere; its outline has the area of {exact:.0f}"
        )
        expect(count + int(got["missed"]) == 256 * 256, "some pixel has neither object 0 nor -1")
        depth = distance - case["radius"]
        nearest = float(got["nearest"])
        expect(abs(nearest - depth) < 2e-3 * depth, f"the nearest point is at {nearest:.4f}, exactly {depth:.4f}")


class ThirtyTwoSpheres(Workload):
    """64 x 64 rays against 32 spheres and 2 planes."""

    calls = "nearest_hit of 64 x 64 rays with 32 spheres and 2 planes"

    def cases(self, draw: Draw):
        yield dict(origins=draw.normal(3), directions=units(draw, 64, 64), **objects(draw, 32, 2))

    def warm_up(self, draw: Draw):
        return dict(origins=draw.normal(3), directions=units(draw, 3, 2), **objects(draw, 2, 1))

    def probe(self, solution, origins, directions, **scene):
        return solution.nearest_hit(origins, directions, scene_of(solution, **scene))
