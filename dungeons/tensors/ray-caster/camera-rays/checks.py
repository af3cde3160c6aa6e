"""Hidden checks of tensors/ray-caster/camera-rays."""

import math

import torch

from leveling.checks import Check, Draw, Workload, case, expect, gradients

FRAME, RAYS = "look_at(eye, target, up)", "camera_rays(height, width, fov, frame)"


def placed(draw, **options):
    """A camera somewhere, looking somewhere, with an `up` well off the view axis."""
    eye = draw.normal(3, std=2.0, **options)
    forward = draw.normal(3)
    forward = forward / forward.norm()
    sideways = torch.linalg.cross(forward, draw.normal(3))
    up = (sideways / sideways.norm() + draw.number(-0.8, 0.8) * forward) * draw.number(0.3, 4.0)
    target = eye.detach() + forward * draw.number(0.5, 9.0)
    return dict(eye=eye, target=target.requires_grad_(eye.requires_grad), up=up)


def straight():
    """At the origin, looking down -z with y up: the camera whose frame can be written down."""
    return torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])


class FramesAreRightUpForward(Check):
    """look_at returns the rows right, up, forward: unit vectors, with right = forward x up."""

    calls = FRAME

    def cases(self, draw: Draw):
        yield case(
            "from the origin down -z, y up",
            eye=torch.zeros(3),
            target=torch.tensor([0.0, 0.0, -5.0]),
            up=torch.tensor([0.0, 1.0, 0.0]),
        )
        for _ in range(4):
            yield case("anywhere, up neither orthogonal nor of length 1", **placed(draw))

    def probe(self, solution, eye, target, up):
        return solution.look_at(eye, target, up)


class RaysThroughPixelCentres(Check):
    """camera_rays shoots through pixel centres: row 0 at the top, square pixels, `fov` from bottom to top."""

    calls = RAYS

    def cases(self, draw: Draw):
        frame = straight()
        yield case("2 x 2, fov 90, looking down -z", height=2, width=2, fov=90.0, frame=frame)
        for label, height, width, fov in (
            ("wider than high", 5, 11, 60.0),
            ("higher than wide", 13, 3, 35.0),
            ("one row", 1, 7, 100.0),
            ("one column", 7, 1, 20.0),
        ):
            frame = draw.orthogonal(3)
            yield case(f"{label}, {height} x {width}", height=height, width=width, fov=fov, frame=frame)

    def probe(self, solution, height, width, fov, frame):
        return solution.camera_rays(height, width, fov, frame)


class TheCentreRayIsTheViewAxis(Check):
    """The middle ray of an odd-sized image points from the eye to the target, and every ray has length 1."""

    calls = f"camera_rays(height, width, fov, {FRAME})"
    compare = False

    def cases(self, draw: Draw):
        for height, width in ((5, 9), (21, 7), (1, 1)):
            yield dict(height=height, width=width, fov=draw.number(20.0, 110.0), **placed(draw))

    def probe(self, solution, height, width, fov, eye, target, up):
        return solution.camera_rays(height, width, fov, solution.look_at(eye, target, up))

    def verify(self, case, got, want):
        height, width = case["height"], case["width"]
        expect(tuple(got.shape) == (height, width, 3), f"the shape is {tuple(got.shape)}, not {(height, width, 3)}")
        lengths = got.double().norm(dim=-1)
        expect((lengths - 1).abs().max() < 1e-5, f"lengths lie between {lengths.min():.6f} and {lengths.max():.6f}")
        axis = (case["target"] - case["eye"]).double()
        cosine = float(got[height // 2, width // 2].double() @ (axis / axis.norm()))
        off = math.degrees(math.acos(min(1.0, cosine)))
        expect(off < 0.1, f"the ray of the middle pixel points {off:.3f} degrees past the target")


class LookingAlongTheUpVector(Check):
    """Looking along `up`, or nearly so, gives an orthonormal right-handed frame without NaN, and so do its gradients."""

    calls = FRAME
    compare = False

    def cases(self, draw: Draw):
        for axis in torch.eye(3):
            yield case("straight along up", eye=torch.zeros(3), target=3 * axis, up=axis)
            yield case("straight against up", eye=axis, target=-2 * axis, up=axis)
        for sign in (1.0, -1.0):
            camera = placed(draw)
            up = sign * (camera["target"] - camera["eye"]) * 0.7
            yield case("skew, up parallel except for rounding", eye=camera["eye"], target=camera["target"], up=up)

    def probe(self, solution, eye, target, up):
        eye = eye.clone().requires_grad_()
        frame = solution.look_at(eye, target, up)
        return {"frame": frame, **gradients(frame, eye=eye)}

    def verify(self, case, got, want):
        frame, gradient = got["frame"].detach().double(), got["gradient of eye"]
        expect(tuple(frame.shape) == (3, 3), f"the shape is {tuple(frame.shape)}, not (3, 3)")
        expect(frame.isfinite().all(), f"the frame is not finite: {frame.tolist()}")
        error = float((frame @ frame.T - torch.eye(3).double()).abs().max())
        expect(error < 1e-4, f"the rows are not orthonormal: frame @ frame.T is {error:.2g} away from the identity")
        hand = float(torch.linalg.cross(frame[2], frame[1]) @ frame[0])
        expect(hand > 0, "the frame is left-handed: forward x up is not right but its opposite")
        axis = (case["target"] - case["eye"]).double()
        expect(frame[2] @ (axis / axis.norm()) > 1 - 1e-6, "the third row does not point from the eye to the target")
        expect(gradient is not None, "no gradient reaches eye")
        expect(gradient.isfinite().all(), f"the gradient of eye is not finite: {gradient.tolist()}")


class GradientsReachTheCamera(Check):
    """Gradients of the directions with respect to eye and target match."""

    calls = f"camera_rays(height, width, fov, {FRAME}), then backward,"

    def cases(self, draw: Draw):
        yield dict(height=3, width=5, **placed(draw, requires_grad=True))

    def probe(self, solution, height, width, eye, target, up):
        rays = solution.camera_rays(height, width, 50.0, solution.look_at(eye, target, up))
        return gradients(rays, eye=eye, target=target)


class OneImage(Workload):
    """The frame and the rays of an image of 48 x 64 pixels."""

    calls = f"camera_rays(48, 64, fov, {FRAME})"

    def cases(self, draw: Draw):
        yield placed(draw)

    def probe(self, solution, eye, target, up):
        return solution.camera_rays(48, 64, 60.0, solution.look_at(eye, target, up))
