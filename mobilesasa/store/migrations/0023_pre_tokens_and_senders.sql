-- Who made a token and who revoked it (decisions 11, 23): kind and uuid of the actor, and the person behind it, who for a
-- token that was made with another token is the one behind that. NULL: before this was kept.
ALTER TABLE token
    ADD COLUMN created_by text CHECK (created_by IN ('token', 'user', 'operator')),
    ADD COLUMN created_by_uuid uuid,
    ADD COLUMN created_by_user uuid,
    ADD COLUMN revoked_by text CHECK (revoked_by IN ('token', 'user', 'operator')),
    ADD COLUMN revoked_by_uuid uuid;
CREATE INDEX token_of_team ON token (team_id, id);

-- When a token opened something last, and from where: each node writes what it has gathered once a minute. Apart from the
-- token, a change of which every node is told of.
CREATE TABLE token_use (
    token_uuid uuid PRIMARY KEY,
    used_at timestamptz NOT NULL,
    address text NOT NULL
) WITH (fillfactor = 50);

-- What a sender name is for, where it may be used, and what was said when it was asked for and decided (decision 36).
ALTER TABLE sender
    ADD COLUMN class text NOT NULL DEFAULT 'transactional' CHECK (class IN ('transactional', 'promotional', 'otp')),
    ADD COLUMN countries text[] NOT NULL DEFAULT '{}',       -- for which it was asked
    ADD COLUMN asked_networks text[] NOT NULL DEFAULT '{}',
    ADD COLUMN networks text[] NOT NULL DEFAULT '{}',        -- of which it is approved; none: of all
    ADD COLUMN note text NOT NULL DEFAULT '',                -- the team's
    ADD COLUMN document_uuid uuid,                           -- a file that shows that the team may use the name
    ADD COLUMN reason text NOT NULL DEFAULT '',              -- the operator's, of a rejection or suspension
    ADD COLUMN decided_at timestamptz;
CREATE INDEX sender_waiting ON sender (id) WHERE status = 'pending';

-- Below how many units a team is told of it; since when it has been told.
ALTER TABLE team
    ADD COLUMN low_balance_units bigint CHECK (low_balance_units > 0),
    ADD COLUMN low_since timestamptz;

-- What a team's balance was behind every so many entries of its ledger, so that the balance behind any entry is the sum of
-- few. Written when the entries are so old that none before them can still come.
CREATE TABLE ledger_mark (
    team_id integer NOT NULL,
    ledger_id bigint NOT NULL,
    at timestamptz NOT NULL,                 -- of that entry
    balance bigint NOT NULL,                 -- behind it
    PRIMARY KEY (team_id, ledger_id)
);
CREATE INDEX ledger_mark_by_time ON ledger_mark (team_id, at, ledger_id);

-- Nearly all entries are charges, so a list of those needs no index of its own, nor does their writing pay for one.
CREATE INDEX ledger_by_kind ON ledger (team_id, kind, id) WHERE kind <> 'charge';

-- The trail, newest first, by what is asked of it.
CREATE INDEX trail_by_time ON trail (at, id);
CREATE INDEX trail_of_team_by_time ON trail (team_id, at, id);
CREATE INDEX trail_of_team_by_kind ON trail (team_id, actor, at, id);
CREATE INDEX trail_of_team_by_action ON trail (team_id, action, at, id);
CREATE INDEX trail_of_team_by_actor ON trail (team_id, actor_uuid, at, id) WHERE actor_uuid IS NOT NULL;
