"""Months in the fault world, one after another or side by side: python tests/month.py --seeds 100

Each seed's figures are a line; a month in which something went wrong is told with its complaints, and its folder stays.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

from faultworld import Month, Plan  # noqa: E402
from faultworld.month import Figures  # noqa: E402
from faultworld.plan import MONTH  # noqa: E402


def play(seed: int, folder: Path, days: int = MONTH, talk: bool = False) -> tuple[Figures, list[str]]:
    """One month; the folder is removed when all was well."""
    folder.mkdir(parents=True)
    with Month(folder, Plan.of(seed, days), tell=(lambda line: print(line, file=sys.stderr)) if talk else str) as month:
        month.play()
        complaints = month.complaints()
    if not complaints:
        shutil.rmtree(folder)
    return month.figures, complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="how many months (10)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--jobs", type=int, default=1, help="months side by side (1)")
    parser.add_argument("--days", type=int, default=MONTH, help=f"days of a month, fourteen or more ({MONTH})")
    parser.add_argument("--talk", action="store_true", help="tell of each day that is over")
    parser.add_argument("--folder", type=Path, help="where the months are played (a temporary folder)")
    given = parser.parse_args()
    base = given.folder or Path(tempfile.mkdtemp(prefix="tanma-months-"))
    bad = 0
    with ProcessPoolExecutor(given.jobs) as pool:
        months = {
            pool.submit(play, seed, base / f"seed{seed}", given.days, given.talk): seed
            for seed in range(given.first, given.first + given.seeds)
        }
        for done, month in enumerate(as_completed(months), 1):
            figures, complaints = month.result()
            bad += bool(complaints)
            print(f"[{done}/{given.seeds}] {'WRONG' if complaints else 'well'}  {figures}", flush=True)
            for complaint in complaints:
                print(f"    {complaint}")
            if complaints:
                print(f"    left in {base / f'seed{figures.seed}'}", flush=True)
    print(f"{given.seeds - bad} of {given.seeds} months went well")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
