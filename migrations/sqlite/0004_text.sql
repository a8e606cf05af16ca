-- Text is compared in folded form, which SQL cannot make: the server does at its start, and again when the rule has a new
-- edition (kernel::text).
ALTER TABLE account ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';

CREATE TABLE text_edition (
  room TEXT PRIMARY KEY,
  edition INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who administers the installation and invited without being a member; an invitation ends with the right to invite.
-- NULL: a member did (invited_by), or the console.
ALTER TABLE invitation ADD COLUMN invited_by_admin BLOB;

-- A private channel's name is nobody else's business: others may use it. name_folded, unique, is of public channels only.
ALTER TABLE channel ADD COLUMN private_name_folded TEXT;
UPDATE channel SET private_name_folded = name_folded, name_folded = NULL WHERE kind = 'private';
