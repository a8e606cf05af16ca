-- People and sessions belong to the installation; everything else to an organisation, whose id leads every key.

CREATE TABLE installation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  setup_token_hash BLOB,
  set_up_at INTEGER
) STRICT;

CREATE TABLE account (
  id BLOB PRIMARY KEY,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT,
  super_admin INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'deleted')),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  id BLOB PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  user_id BLOB NOT NULL REFERENCES account (id),
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  address TEXT,
  device TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_id, ended_at);

-- A request for an address without an account leaves a row as well (user_id NULL), so that both take the same time.
CREATE TABLE password_reset (
  token_hash BLOB PRIMARY KEY,
  user_id BLOB REFERENCES account (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX password_reset_user ON password_reset (user_id, created_at);

-- Failed sign-ins, by a hash of the address typed, so that unknown accounts look the same. address '*' is the sum.
CREATE TABLE login_failure (
  account BLOB NOT NULL,
  address TEXT NOT NULL,
  failures INTEGER NOT NULL,
  since INTEGER NOT NULL,
  locked_until INTEGER,
  PRIMARY KEY (account, address)
) STRICT, WITHOUT ROWID;

-- Where a person is or was a member: the way from an account to its organisations. A row outlives the membership
-- (left_at), because whoever deletes the account must still find what to erase there.
CREATE TABLE membership (
  user_id BLOB NOT NULL REFERENCES account (id),
  org_id BLOB NOT NULL,
  member_id BLOB NOT NULL,
  left_at INTEGER,
  PRIMARY KEY (user_id, org_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation_token (
  token_hash BLOB PRIMARY KEY,
  org_id BLOB NOT NULL,
  invitation_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  principal TEXT NOT NULL,
  key TEXT NOT NULL,
  operation TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  response TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Work that leaves after the commit that asked for it.
CREATE TABLE outbox (
  id BLOB PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  problem TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (due_at);

CREATE TABLE organisation (
  org_id BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
  org_id BLOB NOT NULL REFERENCES organisation (org_id),
  id BLOB NOT NULL,
  user_id BLOB,
  name TEXT NOT NULL,
  handle TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  state TEXT NOT NULL CHECK (state IN ('active', 'removed', 'deleted')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, handle),
  UNIQUE (org_id, user_id)
) STRICT, WITHOUT ROWID;

-- invited_by NULL: the administrator of the installation, who need not be a member.
CREATE TABLE invitation (
  org_id BLOB NOT NULL REFERENCES organisation (org_id),
  id BLOB NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  invited_by BLOB,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  accepted_at INTEGER,
  revoked_at INTEGER,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, invited_by) REFERENCES member (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_email ON invitation (org_id, email_folded);

-- The ledger. The nil organisation is the installation itself.
CREATE TABLE audit_entry (
  org_id BLOB NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'denied', 'failed')),
  resource TEXT,
  policy TEXT,
  address TEXT,
  device TEXT,
  request_id TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_action ON audit_entry (org_id, action, id);
CREATE INDEX audit_actor ON audit_entry (org_id, actor_id, id);
CREATE TRIGGER audit_entry_is_append_only_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only'); END;
CREATE TRIGGER audit_entry_is_append_only_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit ledger is append-only'); END;
