"""``make bench``: calls a second, each beside a limit measured in the same run. Compare ratios; machines are noisy."""

import os
import platform

from benchmarks import accepting, delivery, translation

print(
    f"Python {platform.python_version()}, {os.cpu_count()} processors; best of three rounds, or 4 s by 16 connections"
)
for part in (translation, accepting, delivery):
    for row in part.rows():
        print(row, flush=True)
