-- By which handle each of a message's mentions is called in its text: JSON list, in the order of mentions, NULL for none.
-- Messages from before are taken to mean the handles that their people have today.
ALTER TABLE message ADD COLUMN handles TEXT;
UPDATE message SET handles = (
  SELECT json_group_array(handle) FROM (
    SELECT m.handle FROM json_each(message.mentions) e
    JOIN member m ON m.org_id = message.org_id AND m.id = unhex(substr(e.value, 5)) ORDER BY e.key))
WHERE mentions IS NOT NULL;

-- One message is one call: what is for everybody is counted as that.
DELETE FROM mention WHERE EXISTS (
  SELECT 1 FROM message m WHERE m.org_id = mention.org_id AND m.channel_id = mention.channel_id AND m.seq = mention.seq AND m.mentions_all);

-- An emoji is kept without its variation selectors: two forms of one are one reaction.
INSERT INTO reaction (org_id, channel_id, seq, emoji, member_id, at)
SELECT org_id, channel_id, seq, replace(emoji, char(65039), ''), member_id, at FROM reaction WHERE instr(emoji, char(65039)) > 0
ON CONFLICT (org_id, channel_id, seq, emoji, member_id) DO NOTHING;
DELETE FROM reaction WHERE instr(emoji, char(65039)) > 0;
