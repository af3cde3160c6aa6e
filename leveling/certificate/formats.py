"""One signed credential in each of its forms."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from leveling.certificate import baking, bundle, drawing, pdf, png
from leveling.certificate.credential import issue, picture
from leveling.certificate.evidence import Achievement
from leveling.certificate.keys import SigningKey

Document = dict[str, Any]
FORMATS: Final = ("svg", "png", "pdf", "json", "bundle")
SUFFIXES: Final = {"svg": ".svg", "png": ".png", "pdf": ".pdf", "json": ".json", "bundle": ".zip"}


def write(
    form: str, document: Document, achievement: Achievement, key: SigningKey, solutions: Mapping[str, str]
) -> bytes:
    """The bytes of `document` (see `credential.build`) in one of `FORMATS`.

    Raises:
        CannotExport: when a package, a font or a solution is missing.
    """
    if form == "bundle":
        return bundle.pack(baking.text_of(issue(document, key)), _svg(document, key), solutions)
    if form in {"png", "pdf"}:
        png.check_drawable(achievement.hunter, f"the name {achievement.hunter!r}")
        png.check_drawable(achievement.title, f"the title {achievement.title!r}")
    return _WRITERS[form](document, key)


def _svg(document: Document, key: SigningKey) -> bytes:
    drawn = drawing.draw(document).encode()
    return baking.bake_svg(drawn, baking.text_of(issue(document, key, [picture(baking.SVG, drawn)])))


def _png(document: Document, key: SigningKey) -> bytes:
    drawn = png.render(drawing.draw(document))
    return baking.bake_png(drawn, baking.text_of(issue(document, key, [picture(baking.PNG, drawn)])))


def _pdf(document: Document, key: SigningKey) -> bytes:
    drawn = png.render(drawing.draw(document), dots=300)
    whole = issue(document, key, [picture(baking.PDF, pdf.picture_in(drawn))])
    return pdf.write(drawn, baking.text_of(whole), whole)


def _json(document: Document, key: SigningKey) -> bytes:
    return baking.text_of(issue(document, key)) + b"\n"


_WRITERS: Final[Mapping[str, Callable[[Document, SigningKey], bytes]]] = {
    "svg": _svg,
    "png": _png,
    "pdf": _pdf,
    "json": _json,
}
