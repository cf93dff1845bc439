"""Describes the contracts to those who read no Python: `python -m docs.describe --write` or `--check`.

JSON Schemas (docs/schemas) and an AsyncAPI document (docs/asyncapi.yaml), both out of the types, the list of
topics and the golden messages. Nothing in them is written by hand, and a test keeps them equal to the code.
"""
