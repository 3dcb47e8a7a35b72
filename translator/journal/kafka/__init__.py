"""The journal in topics of Kafka: calls in partitions, and everything small as a replicated state machine (``board``).

Comes in: the addresses of a cluster. Goes out: a Journal. Never here: a lock that a server keeps; the order of a log
decides.
"""
