-- compatible: servers of the last version post as before; they only do not notice that a round is over

-- Which round of posting a session is in. Whoever applies lines does so for a round: once it is over, and the session open
-- again or given up, it finds nothing more to do.
ALTER TABLE count_session ADD COLUMN posting integer NOT NULL DEFAULT 0;
