"""The certificate: an Open Badges 3.0 credential with its evidence, drawn, baked, bundled, and checked by anyone.

`credential` builds and signs it from an `evidence.Achievement`; `drawing` draws it; `formats` writes it as SVG, PNG, PDF,
JSON or bundle; `reading` and `verifying` take any of these back. Nothing here knows quests by name or reads the catalog.
"""
