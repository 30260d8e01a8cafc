-- A message that a carrier took and then reported as failed may go on to the next carrier, where its carrier's policy says
-- so. Both tables are empty where no carrier has that policy.

-- What a carrier took and may still leave: written with the answer, deleted with the first receipt that settles it.
CREATE TABLE second_way (
    message_id uuid PRIMARY KEY,
    fallbacks integer[] NOT NULL,            -- the carriers that may still have it, in order
    until timestamptz NOT NULL               -- afterwards a failure is final
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

-- The ids under which a carrier that a message has left may still report, as long as receipts are waited for.
CREATE TABLE left_behind (
    carrier_id integer NOT NULL,
    ref text NOT NULL,
    message_id uuid NOT NULL,
    part smallint NOT NULL,
    arrived boolean NOT NULL DEFAULT false,  -- it says, late, that the part was delivered
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (carrier_id, ref)
);
CREATE INDEX left_behind_of_message ON left_behind (message_id);

-- The names under which the parts of a message may stand in `awaiting`, of the ids that its carrier gave: see store/outcomes.py.
CREATE FUNCTION awaited_names(refs text, message_id uuid, parts integer) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT ref FROM unnest(string_to_array(refs, ' ')) AS ref
    UNION SELECT ref || '~' || message_id FROM unnest(string_to_array(refs, ' ')) AS ref
    UNION SELECT concat(ref, '~', message_id, '~', n)
    FROM unnest(string_to_array(coalesce(refs, ''), ' ') || ''::text) AS ref, generate_series(1, parts) AS n
$$;

-- A carrier may have it although it did not say so: another one is not to send it twice as well.
ALTER TABLE pending ADD COLUMN doubted boolean NOT NULL DEFAULT false;
