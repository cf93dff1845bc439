"""What the product costs, measured on the very code it serves with. How to run and read it: README.md.

decider.py fold.py edge.py latency.py     one benchmark each: `python -m benchmarks.decider`
machine.py      which process runs on which core, and what machine this is
measured.py     one measured process: its CPU seconds and its memory
broker.py       a Kafka of the benchmark's own
workload.py     requests as posts send them, and their decisions
report.py       medians, a table for people and one JSON line for programs
peers/          what the product is compared with, each a process of its own
load/           what makes the load
"""
