-- Who changed what (decision 28): written in the transaction of the change, never changed, never removed.
CREATE TABLE trail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    team_id integer,                         -- NULL: the platform's own
    actor text NOT NULL CHECK (actor IN ('token', 'user', 'operator')),
    actor_uuid uuid,                         -- of the token or the user
    actor_name text NOT NULL DEFAULT '',     -- of an operator
    address text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT '',
    action text NOT NULL,                    -- 'contact.create'
    subject text NOT NULL DEFAULT '',        -- uuid or name of what it was done to
    before jsonb,                            -- what changed, as it was
    after jsonb                              -- and as it is
);
CREATE INDEX trail_of_team ON trail (team_id, id);
CREATE INDEX trail_of_subject ON trail (subject, id) WHERE subject <> '';

CREATE FUNCTION trail_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail is append-only';
END $$;
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trail
    FOR EACH STATEMENT EXECUTE FUNCTION trail_is_append_only();
