-- A refresh token whose answer was lost may come again for some seconds, so long as none of its successors has been used.
ALTER TABLE login_refresh
    ADD COLUMN superseded boolean NOT NULL DEFAULT false;  -- a later one was used, or another successor of the same: it ends the login

-- Those that were used before this ran are repeated by nobody.
UPDATE login_refresh SET superseded = true WHERE used_at IS NOT NULL;

-- What a use supersedes, however many there have been before.
CREATE INDEX login_refresh_standing ON login_refresh (login_id) WHERE NOT superseded;
