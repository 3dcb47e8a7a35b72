"""Expected against seen: a plan held against calls, or against what a sandbox has ("Taxonomy & Data QA" of Amplitude's
guide to Accounts instrumentation, 2026-03-13)."""
