-- What waits for a carrier and may go to another one, for when the carrier is in trouble. None of these columns changes with
-- a claim, which therefore still stays within its page; messages with one way alone are not in it.
CREATE INDEX pending_with_fallbacks ON pending (carrier_id, message_id) WHERE fallbacks IS NOT NULL;
