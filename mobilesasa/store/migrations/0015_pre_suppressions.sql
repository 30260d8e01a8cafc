-- Several teams on one short code: to whom messages from phones go by their first word. An empty keyword is for what begins
-- with none; without a row a number is for the team with the oldest approved sender of these digits.
CREATE TABLE inbound_keyword (
    code text NOT NULL CHECK (code ~ '^[0-9]{1,15}$'),
    keyword text NOT NULL CHECK (length(keyword) <= 20),  -- folded, see core/keywords.py
    team_id integer NOT NULL REFERENCES team (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (code, keyword)
);
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR UPDATE ON inbound_keyword
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();

-- Who wants no messages of a team, or gets none for another reason. Without a foreign key, for a row of it would wait for
-- the row of its team, which every message locks; `mobilesasa audit` looks for strays.
CREATE TABLE suppression (
    id bigint GENERATED ALWAYS AS IDENTITY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    team_id integer NOT NULL,
    recipient text NOT NULL,
    sender text NOT NULL,                    -- '': all of the team's
    reason text NOT NULL CHECK (reason IN ('stop', 'api', 'operator', 'blacklisted')),
    source_id uuid,                          -- the message from the phone that said so, or the message that was not taken
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, recipient, sender)
);
CREATE INDEX suppression_of_sender ON suppression (team_id, sender, id);

-- Only of a team that has suppressed anybody, ever, are messages looked at before they are taken. Every node learns of it, once.
ALTER TABLE team ADD COLUMN suppresses boolean NOT NULL DEFAULT false;
CREATE TRIGGER directory_changed_by_suppression AFTER UPDATE OF suppresses ON team
    FOR EACH ROW EXECUTE FUNCTION directory_changed();

-- What a message from a phone says of further messages, if that is all it says: stop or start.
ALTER TABLE inbound ADD COLUMN opt_out text CHECK (opt_out IN ('stop', 'start'));
CREATE INDEX inbound_from_source ON inbound (team_id, source, id);
CREATE INDEX inbound_to_destination ON inbound (team_id, destination, id);
