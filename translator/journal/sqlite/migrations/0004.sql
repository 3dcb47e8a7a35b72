-- What is old is found without a look at everything that is kept.

CREATE INDEX calls_received ON calls (received_at);
