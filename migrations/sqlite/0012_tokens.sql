-- Tokens: a program acts with one for a member. The secret's hash is the way from a request to its organisation, as an
-- invitation's is; all else belongs to the organisation.

ALTER TABLE member ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';

CREATE TABLE token (
  org_id BLOB NOT NULL REFERENCES organisation (org_id),
  id BLOB NOT NULL,
  member_id BLOB NOT NULL,
  name TEXT NOT NULL,
  hint TEXT NOT NULL,
  scopes TEXT NOT NULL,
  made_by BLOB,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, member_id) REFERENCES member (org_id, id),
  FOREIGN KEY (org_id, made_by) REFERENCES member (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_of_member ON token (org_id, member_id);

CREATE TABLE token_secret (
  token_hash BLOB PRIMARY KEY,
  org_id BLOB NOT NULL,
  token_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_secret_of_token ON token_secret (org_id, token_id);
