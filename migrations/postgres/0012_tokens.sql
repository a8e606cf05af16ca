-- Tokens: a program acts with one for a member. The secret's hash is the way from a request to its organisation, as an
-- invitation's is; all else belongs to the organisation.

ALTER TABLE member ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';

CREATE TABLE token (
  org_id UUID NOT NULL REFERENCES organisation (org_id),
  id UUID NOT NULL,
  member_id UUID NOT NULL,
  name TEXT NOT NULL,
  hint TEXT NOT NULL,
  scopes TEXT NOT NULL,
  made_by UUID,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT,
  revoked_at BIGINT,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, member_id) REFERENCES member (org_id, id),
  FOREIGN KEY (org_id, made_by) REFERENCES member (org_id, id)
);
CREATE INDEX token_of_member ON token (org_id, member_id);

CREATE TABLE token_secret (
  token_hash BYTEA PRIMARY KEY,
  org_id UUID NOT NULL,
  token_id UUID NOT NULL
);
CREATE INDEX token_secret_of_token ON token_secret (org_id, token_id);

-- Row-level security: the second question about every row (AUTHZ-6).
ALTER TABLE token ENABLE ROW LEVEL SECURITY;
ALTER TABLE token FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON token USING (org_id = nullif(current_setting('holdfast.org', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON token, token_secret TO holdfast_app;
