"""In which partition a key is, as librdkafka's ``murmur2_random`` and Kafka's own Java clients put it there. Pure.

confluent-kafka 2.16 offers no function for it. The source is org.apache.kafka.common.utils.Utils.murmur2; a test holds
this against where a real producer puts keys.
"""

from __future__ import annotations

SEED, FACTOR, BITS = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key among ``partitions``."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """The hash, 32 bits without a sign."""
    found = SEED ^ len(key)
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * FACTOR & BITS
        found = (found * FACTOR & BITS) ^ ((word ^ word >> 24) * FACTOR & BITS)
    if rest := key[whole:]:
        found = (found ^ int.from_bytes(rest, "little")) * FACTOR & BITS
    found = (found ^ found >> 13) * FACTOR & BITS
    return found ^ found >> 15
