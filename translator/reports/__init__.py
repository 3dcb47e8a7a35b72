"""What people ask for at a terminal. Comes in: settings, files, a journal. Goes out: rows and summaries.

Never here: a rule of translation or delivery; those rooms are called, not repeated.
"""
