-- People who log in: who they are, what they are in which team, and where they are logged in.

CREATE TABLE app_user (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    name text NOT NULL,
    password_hash text,                      -- argon2id; NULL: none has been set yet
    password_changed_at timestamptz,
    platform_admin boolean NOT NULL DEFAULT false,
    vouched boolean NOT NULL DEFAULT false,  -- an operator answers for the address, so that other teams may add this user
    disabled_at timestamptz,
    link_digest bytea UNIQUE,                -- SHA-256 of the token with which a password can be set, once
    link_ends_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE membership (
    user_id integer NOT NULL REFERENCES app_user (id),
    team_id integer NOT NULL REFERENCES team (id),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'operator', 'viewer')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, team_id)
);
CREATE INDEX membership_of_team ON membership (team_id, user_id);

-- One a login, which goes on as long as its refresh tokens are used one after the other.
CREATE TABLE user_login (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    user_id integer NOT NULL REFERENCES app_user (id),
    team_id integer REFERENCES team (id),    -- of the newest access token; NULL: none
    address text NOT NULL,                   -- of its last use
    agent text NOT NULL,                     -- what called itself so
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,            -- unless it is used again
    ended_at timestamptz
);
CREATE INDEX user_login_of_user ON user_login (user_id, id);
CREATE INDEX user_login_ended ON user_login (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX user_login_ends ON user_login (ends_at);

-- Its refresh tokens, each good once: one that comes again ends the login.
CREATE TABLE login_refresh (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    login_id bigint NOT NULL REFERENCES user_login (id) ON DELETE CASCADE,
    used_at timestamptz
);
CREATE INDEX login_refresh_of_login ON login_refresh (login_id);

-- Wrong passwords for an account from an address, over all nodes. The account is a digest: people type all sorts of things.
CREATE TABLE login_attempt (
    account bytea NOT NULL CHECK (octet_length(account) = 32),
    address text NOT NULL,
    attempts integer NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (account, address)
);
CREATE INDEX login_attempt_by_age ON login_attempt (since);

-- What signs access tokens, at all nodes alike: the newest, and the one before is still good.
CREATE TABLE signing_key (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kid text NOT NULL UNIQUE,
    secret bytea NOT NULL CHECK (octet_length(secret) >= 32),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Tell every node that its picture of people is old; a login that is merely used tells nobody.
CREATE FUNCTION people_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('people', TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER people_changed AFTER INSERT OR DELETE OR UPDATE OF email, name, platform_admin, disabled_at ON app_user
    FOR EACH STATEMENT EXECUTE FUNCTION people_changed();
CREATE TRIGGER people_changed AFTER INSERT OR DELETE OR UPDATE ON membership FOR EACH STATEMENT EXECUTE FUNCTION people_changed();
CREATE TRIGGER people_changed AFTER UPDATE OF ended_at ON user_login FOR EACH STATEMENT EXECUTE FUNCTION people_changed();
CREATE TRIGGER people_changed AFTER INSERT OR DELETE ON signing_key FOR EACH STATEMENT EXECUTE FUNCTION people_changed();
