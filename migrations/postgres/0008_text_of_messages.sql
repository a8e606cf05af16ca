-- The owner of the tables changes every organisation's rows here, which forced row-level security would hide.
ALTER TABLE message NO FORCE ROW LEVEL SECURITY;
ALTER TABLE member NO FORCE ROW LEVEL SECURITY;
ALTER TABLE mention NO FORCE ROW LEVEL SECURITY;
ALTER TABLE reaction NO FORCE ROW LEVEL SECURITY;

-- By which handle each of a message's mentions is called in its text: JSON list, in the order of mentions, NULL for none.
-- Messages from before are taken to mean the handles that their people have today.
ALTER TABLE message ADD COLUMN handles TEXT;
UPDATE message SET handles = (
  SELECT json_agg(m.handle ORDER BY e.place)::TEXT
  FROM json_array_elements_text(message.mentions::JSON) WITH ORDINALITY AS e (id, place)
  JOIN member m ON m.org_id = message.org_id AND m.id = substr(e.id, 5)::UUID)
WHERE mentions IS NOT NULL;

-- One message is one call: what is for everybody is counted as that.
DELETE FROM mention WHERE EXISTS (
  SELECT 1 FROM message m WHERE m.org_id = mention.org_id AND m.channel_id = mention.channel_id AND m.seq = mention.seq AND m.mentions_all);

-- An emoji is kept without its variation selectors: two forms of one are one reaction.
INSERT INTO reaction (org_id, channel_id, seq, emoji, member_id, at)
SELECT org_id, channel_id, seq, replace(emoji, chr(65039), ''), member_id, at FROM reaction WHERE strpos(emoji, chr(65039)) > 0
ON CONFLICT (org_id, channel_id, seq, emoji, member_id) DO NOTHING;
DELETE FROM reaction WHERE strpos(emoji, chr(65039)) > 0;

ALTER TABLE message FORCE ROW LEVEL SECURITY;
ALTER TABLE member FORCE ROW LEVEL SECURITY;
ALTER TABLE mention FORCE ROW LEVEL SECURITY;
ALTER TABLE reaction FORCE ROW LEVEL SECURITY;
