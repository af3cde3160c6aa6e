"""How long does the quick proof of whole gates take, side by side on the cores of this machine?

python -m benchmarks.proofs [--of tensors,autograd,modules] [--floors]
"""

import argparse
import os
import sys
import time

from benchmarks.measuring import cpu_of_this_and_ended_children, head, verdict_on
from leveling.catalog import Catalog
from leveling.forge.commands import all_ids, prove_quests
from leveling.world.dungeon import is_floor

AIM_MINUTES = 10.0
SHOWN = 8


def main() -> int:
    """Prove them all, name what does not hold and what took longest; 1 when something did not hold or it took too long."""
    options = _options()
    catalog = Catalog()
    gates = options.of.split(",")
    ids = [name for name in all_ids(catalog) if name.split("/")[0] in gates and (options.floors or not is_floor(name))]
    head(f"quick proofs of {len(ids)} quests of {options.of}")
    began, cpu = time.monotonic(), cpu_of_this_and_ended_children()
    proofs = list(prove_quests(catalog, ids))
    minutes = (time.monotonic() - began) / 60
    busy = (cpu_of_this_and_ended_children() - cpu) / 60 / minutes
    for proof in proofs:
        if not (proof.proved or proof.sealed):
            print(f"  NOT PROVED: {proof.quest}: {[fault.text for fault in proof.faults]} {proof.survivors}")
        for note in proof.notes:
            if note.startswith("heard twice"):
                print(f"  {proof.quest}: {note}")
    for proof in sorted(proofs, key=lambda proof: -proof.seconds)[:SHOWN]:
        print(f"  {proof.seconds:6.1f} s  {proof.quest}")
    good = sum(proof.proved or bool(proof.sealed) for proof in proofs)
    print(f"  {good} of {len(proofs)} hold; {minutes:.1f} min with {busy:.2f} of {os.cpu_count()} cores at work")
    return verdict_on(f"Proofs (aim {AIM_MINUTES:g} min)", good=good == len(proofs) and minutes <= AIM_MINUTES)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", default="tensors,autograd,modules", help="gates, with commas between")
    parser.add_argument("--floors", action="store_true", help="the floors of their dungeons too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
