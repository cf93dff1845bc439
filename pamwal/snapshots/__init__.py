"""What was folded, kept in local files, so that a start need not read the whole log (decision 16).

A snapshot is a shortcut and never a source: one that does not agree with the log and the code is ignored.
"""
