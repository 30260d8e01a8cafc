-- The HTTP calls of carriers as they came, for 30 days. The id is a UUIDv7 of the moment, so old ones are found by it. Texts of
-- messages from phones are in the bodies.
CREATE TABLE callback (
    id uuid PRIMARY KEY,
    carrier_id integer NOT NULL,
    about text NOT NULL,                     -- receipts or inbound
    key bytea,                               -- the same in a repetition; NULL where nothing tells one
    peer text NOT NULL,
    method text NOT NULL,
    query bytea NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL,
    items integer NOT NULL,                  -- receipts or messages that were read in it
    is_done boolean NOT NULL DEFAULT false   -- what it brought is written down
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_threshold = -1);
CREATE UNIQUE INDEX callback_once ON callback (carrier_id, about, key) WHERE key IS NOT NULL;
