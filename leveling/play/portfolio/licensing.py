"""The licence under which the learner publishes: their choice, never ours."""

from pathlib import Path

from leveling.play.portfolio.gathering import Contents

LICENCES = ("mit", "apache-2.0", "cc-by-4.0", "none")
NAMES = {"mit": "MIT", "apache-2.0": "Apache-2.0", "cc-by-4.0": "CC-BY-4.0", "none": "none: all rights reserved"}

_MIT = """MIT License

Copyright (c) {year} {holder}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
_CC_BY = """Copyright (c) {year} {holder}

This work is licensed under the Creative Commons Attribution 4.0 International
License (SPDX: CC-BY-4.0). The licence in full:
https://creativecommons.org/licenses/by/4.0/legalcode
"""


def licence_text(name: str, contents: Contents) -> str:
    """The file LICENSE; empty for `none`."""
    holder = " ".join(contents.hunter.split()) or "the author of this portfolio"
    match name:
        case "mit":
            return _MIT.format(year=contents.latest.year, holder=holder)
        case "apache-2.0":
            terms = (Path(__file__).parent / "licences" / "apache-2.0.txt").read_text(encoding="utf-8")
            return f"Copyright {contents.latest.year} {holder}\n\n{terms}"
        case "cc-by-4.0":
            return _CC_BY.format(year=contents.latest.year, holder=holder)
    return ""
