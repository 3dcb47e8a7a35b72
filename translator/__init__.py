"""Segment calls in, the right groups in Amplitude out, durably.

The way of a call::

    Segment --HTTP--> receive -> accept: validate.check -> journal.append -> 200, only once it is on disk
                                                              :
    deliver.run_once:   journal.claim -> translate -> batches -> client.post -> verdicts.judge -> journal.settle

The journal holds the raw call; translation happens at delivery, so that a mapping fixed tomorrow applies to what
waits today. ``observe`` listens to receive, accept and deliver; it never speaks to them.
"""

__version__ = "0.1.0"
