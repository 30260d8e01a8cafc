-- The list of a sender's failed messages: without this it reads all failed messages of the team. Few messages fail, and their rows
-- never change.
CREATE INDEX message_failed_of_sender ON message_failed (team_id, sender, message_id);
