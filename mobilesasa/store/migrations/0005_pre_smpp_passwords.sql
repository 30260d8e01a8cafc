-- Passwords of 8 characters for SMPP clients that cannot send a token, each beside one (decision 91).
CREATE TABLE smpp_password (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    team_id integer NOT NULL REFERENCES team (id),
    token_id integer NOT NULL REFERENCES token (id),
    hash text NOT NULL,                        -- argon2id, with its salt
    allowed cidr[] NOT NULL,
    any_address boolean NOT NULL DEFAULT false, -- the operator has waived the list
    failed integer NOT NULL DEFAULT 0,         -- wrong ones in a row
    locked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    CHECK (any_address OR cardinality(allowed) > 0)
);
CREATE INDEX smpp_password_of_team ON smpp_password (team_id);

-- Not for what each try changes: nobody keeps that in memory.
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE OF allowed, any_address, locked_at, revoked_at ON smpp_password
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();

-- Whether the team may make SMPP passwords that are good from any address.
ALTER TABLE team ADD COLUMN smpp_any_address boolean NOT NULL DEFAULT false;
