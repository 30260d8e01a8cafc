-- Whether a process went without saying so: others noticed it, or the next one of its node did (store/claims.py).
ALTER TABLE node_run ADD COLUMN lost boolean NOT NULL DEFAULT false;
