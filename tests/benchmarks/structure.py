"""Measures how many procedures of the articles of `tests/data` are found complete and in order.

python -m tests.benchmarks.structure                  the rates
python -m tests.benchmarks.structure NAME … --why     those of some articles, and what is missing in each
"""

from __future__ import annotations

import argparse
import sys

from tests.structures import KEPT_APART, Comparison, compare, structure_names


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.structure")
    parser.add_argument("names", nargs="*", help="articles of tests/data/structures, all when none is named")
    parser.add_argument("--why", action="store_true", help="what is missing or too much in each")
    chosen = parser.parse_args(arguments)
    compared = {name: compare(name) for name in chosen.names or structure_names()}
    for name, one in compared.items():
        extra = sum(problem.startswith("no procedure") for problem in one.problems)
        print(f"{name:12} {one.n_complete} of {one.n_true} complete, {one.n_right} with all beside, {extra} too many")
        if chosen.why:
            print(*(f"    {problem}" for problem in one.problems), sep="\n")
    print(_total("all", list(compared.values())))
    print(_total("kept apart", [one for name, one in compared.items() if name in KEPT_APART]))
    return 0


def _total(name: str, compared: list[Comparison]) -> str:
    n, complete = sum(one.n_true for one in compared), sum(one.n_complete for one in compared)
    return f"{name}: {complete} of {n} procedures complete, {sum(one.n_right for one in compared)} with all beside"


if __name__ == "__main__":
    sys.exit(main())
