"""The whole product on this machine: a Kafka, its topics, and each service as a process of its own.

ports.py    which port a service gets
process.py  one service process: started, ready, killed, ended, and never left behind
stack.py    Kafka, topics and processes together, for `pamwal up`, the demo and the integration tests
"""
