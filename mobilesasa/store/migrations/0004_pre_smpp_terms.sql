-- What was set of the terms of SMPP sessions (core/terms.py), for a team and for a token; {} leaves all to the node.
ALTER TABLE team ADD COLUMN smpp jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(smpp) = 'object');
ALTER TABLE token ADD COLUMN smpp jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(smpp) = 'object');

DROP TRIGGER directory_changed ON team;
CREATE TRIGGER directory_changed AFTER INSERT OR DELETE
    OR UPDATE OF code, name, country, default_sender_id, max_sessions, session_tps, smpp, suspended_at ON team
    FOR EACH STATEMENT EXECUTE FUNCTION directory_changed();
