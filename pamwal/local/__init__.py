"""A Kafka on this machine, for demos, tests and `pamwal up`.

Start reading at `kafka.py`: `running_kafka` is what the rest of the house uses. Each other file has one job:

    sources.py      where a Kafka can come from here: a given broker, KAFKA_HOME, the jars, a container engine
    jars.py         resolves the jars once, by Maven
    classes.py      what a start loads, kept so that the next one need not read it from the jars
    settings.py     what the broker is configured with, and why
    processes.py    is that process still the one we started? stop it, or kill it
    guard.py        a tiny process that stops the broker when whoever started it is gone
    java.py         runs the broker as a Java process
    container.py    runs the broker in a container
    record.py       the state file: who started which broker
    readiness.py    waits until the broker answers a real request
    launch.py       launches one and waits for it
    kept.py         brokers that outlived their starter: re-used, or stopped
    kafka.py        what a caller holds: start, stop, kill, `with`
    stop.py         stops a kept broker from a shell
"""
