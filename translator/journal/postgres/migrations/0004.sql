-- A group of appends, as a function: a server's session keeps its plan, which costs more to make than to follow, also
-- where a pooler stands between and nothing can be prepared. A program calls the one that it was written for: where an
-- append is to do something else, that is a function of another name beside this one.
--
-- Inserted in the order of the key, whatever the order in which they came: two that have the same calls wait for one
-- another, and do not lock each other up. The same group sent again, while the server still works on the first, counts
-- once: group_number tells. One statement, so that all its tables are locked before it looks (STILL in keeping.py).

CREATE FUNCTION translator.append(
    sources text[], message_ids text[], subjects text[], lines bytea[], times bigint[], ips text[], deriveds boolean[],
    bodies text[],                                         -- of the calls: a place in each for one call
    process text, group_number bigint, now_ms bigint,      -- of the appender
    received_now bigint, calls_now bigint, kept_now bigint, answered_now bigint,
    refused_sources text[], refused_times bigint[], refused_faults text[], refused_bodies bytea[]
) RETURNS bigint[]                                         -- places of the calls that were new; NULL: of an old group
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    written bigint[];
BEGIN
    WITH given AS MATERIALIZED (
        SELECT *, nextval('translator.calls_seq') AS seq
        FROM unnest(sources, message_ids, subjects, lines, times, ips, deriveds, bodies)
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
        SELECT process, group_number, places, now_ms, received_now, accepted, calls_now - accepted, kept_now,
            answered_now
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
        SELECT refusals.*
        FROM counted, unnest(refused_sources, refused_times, refused_faults, refused_bodies) AS refusals
    )
    SELECT places INTO written FROM counted;
    RETURN written;
END
$$;
