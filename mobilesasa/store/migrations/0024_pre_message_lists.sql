-- What a team calls a message, and the campaign that it belongs to. Most messages have neither, and pay nothing for the indexes.
ALTER TABLE message ADD COLUMN client_reference text, ADD COLUMN campaign_uuid uuid;
CREATE INDEX message_by_reference ON message (team_id, client_reference, id) WHERE client_reference IS NOT NULL;
CREATE INDEX message_of_campaign ON message (team_id, campaign_uuid, id) WHERE campaign_uuid IS NOT NULL;

-- Failed messages, for the list of them: an index on the state itself would cost every message its cheap updates. A row comes
-- when a message fails and goes when a late receipt says that it was delivered after all.
CREATE TABLE message_failed (
    team_id integer NOT NULL,
    message_id uuid NOT NULL,
    sender text NOT NULL,
    PRIMARY KEY (team_id, message_id) INCLUDE (sender)
);

CREATE FUNCTION message_failed_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 40 THEN
        INSERT INTO message_failed VALUES (NEW.team_id, NEW.id, NEW.sender) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM message_failed WHERE team_id = NEW.team_id AND message_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER message_failed_follows AFTER UPDATE OF state ON message
    FOR EACH ROW WHEN (OLD.state <> NEW.state AND (OLD.state = 40 OR NEW.state = 40))
    EXECUTE FUNCTION message_failed_follows();

INSERT INTO message_failed SELECT team_id, id, sender FROM message WHERE state = 40;
