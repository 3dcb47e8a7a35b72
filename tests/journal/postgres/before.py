"""What programs of before say to the tables: they run beside this one for as long as a deployment takes."""

APPEND = """
WITH given AS MATERIALIZED (
    SELECT *, nextval('translator.calls_seq') AS seq
    FROM unnest(%(source)b::text[], %(message_id)b::text[], %(subject)b::text[], %(line)b::bytea[],
        %(received_at)b::bigint[], %(ip)b::text[], %(derived)b::boolean[], %(body)b::text[])
    WITH ORDINALITY AS given (source, message_id, subject, line, received_at, ip, derived, body, place)
), added AS (
    INSERT INTO translator.calls (seq, source, message_id, subject, line, received_at, ip, derived, body)
    SELECT seq, source, message_id, subject, line, received_at, ip, derived, body FROM given
    ORDER BY source COLLATE "C", message_id COLLATE "C", place
    ON CONFLICT (source, message_id) DO NOTHING RETURNING seq
), handed AS (
    INSERT INTO translator.fresh (destination, seq)
    SELECT destinations.id, added.seq FROM added CROSS JOIN translator.destinations WHERE destinations.attached
), sums AS (
    SELECT coalesce(array_agg(place), '{}') AS places, count(*) AS accepted FROM added JOIN given USING (seq)
), counted AS (
    INSERT INTO translator.appenders AS known
        (owner, number, places, touched, received, accepted, duplicates, refused_kept, refused_answered)
    SELECT %(owner)s, %(number)s, places, %(now)s, %(received)s, accepted, %(calls)s - accepted, %(kept)s, %(answered)s
    FROM sums, set_config('synchronous_commit', 'on', true)
    ON CONFLICT (owner) DO UPDATE SET
        number = excluded.number, places = excluded.places, touched = excluded.touched,
        received = known.received + excluded.received, accepted = known.accepted + excluded.accepted,
        duplicates = known.duplicates + excluded.duplicates,
        refused_kept = known.refused_kept + excluded.refused_kept,
        refused_answered = known.refused_answered + excluded.refused_answered
    WHERE known.number < excluded.number
    RETURNING places
), kept AS (
    INSERT INTO translator.refused (source, received_at, faults, body)
    SELECT refusals.* FROM counted, unnest(
        %(r_source)b::text[], %(r_at)b::bigint[], %(r_faults)b::text[], %(r_body)b::bytea[]) AS refusals
)
SELECT places FROM counted
"""
"""An append, by programs that know the tables of versions 1 to 3."""

EVICT = "DELETE FROM translator.refused WHERE id <= (SELECT max(id) FROM translator.refused) - %(keep)s"
"""The oldest refused messages of all sources, by programs of versions 1 and 2."""
