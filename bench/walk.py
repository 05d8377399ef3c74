"""`make bench`: the walk, and a whole Airflow run, as ratios of CPU to the plain-DuckDB floor, with peak memory and rows.

Each part runs in a process of its own and is measured by what the kernel counted for it and its children. One month of a
demo council of each size given. CPU seconds are of this machine; only the ratios travel.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """CPU and wall in seconds, peak memory of the largest process in MiB, last line printed."""

    cpu: float
    wall: float
    peak: float
    said: str


def measure(command: list[str], **settings) -> Cost:
    """Run a command to its end. Raises RuntimeError with its last lines when it fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **settings)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        lines = out.read().splitlines() or [""]
    if process.returncode:
        raise RuntimeError(f"{command[:4]} ended with {process.returncode}:\n" + "\n".join(lines[-12:]))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.monotonic() - start, usage.ru_maxrss / 1024, lines[-1])


def bench(residents: int, with_airflow: bool) -> None:
    """Print one size's lines."""
    fairview = str(Path(sys.executable).with_name("fairview"))
    folder = Path(tempfile.mkdtemp(prefix="fairview-bench-"))
    try:
        deliveries = folder / "deliveries"
        made = measure([fairview, "demo", "--residents", str(residents), "--months", "1", "--to", str(deliveries)])
        floor = measure([sys.executable, "-m", "bench.floor", str(deliveries), str(folder / "floor")])
        walk = measure([fairview, "deliver", str(deliveries), "--state", str(folder / "state")])
        print(f"\n{residents:,} residents, one month, {int(floor.said):,} rows")
        print(f"{'':<26}{'CPU s':>8}{'ratio':>8}{'wall s':>8}{'peak MiB':>10}")
        lines = [("demo council written", made), ("floor: plain DuckDB", floor), ("walk without Airflow", walk)]
        if with_airflow:
            run = [fairview, "run", str(deliveries), "--state", str(folder / "airflow-state")]
            lines.append(("walk through Airflow", measure(run)))
        for name, cost in lines:
            print(f"{name:<26}{cost.cpu:>8.1f}{cost.cpu / floor.cpu:>8.1f}{cost.wall:>8.1f}{cost.peak:>10,.0f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:] if word.isdigit()] or [20_000]:
        bench(size, "--no-airflow" not in sys.argv)
