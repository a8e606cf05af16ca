-- Order comes from numbers, never from times: a message knows the number of its latest change, a read position how often
-- its person has set it back. A direct conversation knows who it is between, also when one of them has gone.

-- The owner of the tables changes every organisation's rows here, which forced row-level security would hide.
ALTER TABLE message NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_event NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_member NO FORCE ROW LEVEL SECURITY;
ALTER TABLE member NO FORCE ROW LEVEL SECURITY;
ALTER TABLE mention NO FORCE ROW LEVEL SECURITY;

ALTER TABLE message ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
UPDATE message SET revision = e.seq
FROM (SELECT org_id, message_id, max(seq) AS seq FROM channel_event WHERE message_id IS NOT NULL GROUP BY org_id, message_id) AS e
WHERE e.org_id = message.org_id AND e.message_id = message.id;

ALTER TABLE channel_member ADD COLUMN read_revision BIGINT NOT NULL DEFAULT 0;

-- people: JSON list of member ids, NULL for channels that have a name.
ALTER TABLE channel ADD COLUMN people TEXT;
UPDATE channel SET people = '["' || replace(direct_key, ' ', '","') || '"]' WHERE direct_key IS NOT NULL;

-- What a membership's end has left behind so far: seats, and what hangs on them.
UPDATE channel SET direct_key = NULL WHERE kind = 'direct' AND EXISTS (
  SELECT 1 FROM channel_member s JOIN member m ON m.org_id = s.org_id AND m.id = s.member_id
  WHERE s.org_id = channel.org_id AND s.channel_id = channel.id AND m.state <> 'active');
DELETE FROM channel_member WHERE EXISTS (
  SELECT 1 FROM member m WHERE m.org_id = channel_member.org_id AND m.id = channel_member.member_id AND m.state <> 'active');
DELETE FROM mention WHERE EXISTS (
  SELECT 1 FROM member m WHERE m.org_id = mention.org_id AND m.id = mention.member_id AND m.state <> 'active');
-- Conversations in which nobody has said a word, and one side is gone.
DELETE FROM channel_member WHERE EXISTS (
  SELECT 1 FROM channel c WHERE c.org_id = channel_member.org_id AND c.id = channel_member.channel_id
  AND c.kind = 'direct' AND c.head = 0 AND c.direct_key IS NULL);
DELETE FROM channel WHERE kind = 'direct' AND head = 0 AND direct_key IS NULL;
-- Private channels that nobody is in: closed, and their names free again.
UPDATE channel SET private_name_folded = NULL,
  archived_at = coalesce(archived_at, (extract(epoch FROM now()) * 1000000)::BIGINT)
WHERE kind = 'private' AND NOT EXISTS (
  SELECT 1 FROM channel_member s WHERE s.org_id = channel.org_id AND s.channel_id = channel.id);

ALTER TABLE message FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_event FORCE ROW LEVEL SECURITY;
ALTER TABLE channel FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_member FORCE ROW LEVEL SECURITY;
ALTER TABLE member FORCE ROW LEVEL SECURITY;
ALTER TABLE mention FORCE ROW LEVEL SECURITY;
