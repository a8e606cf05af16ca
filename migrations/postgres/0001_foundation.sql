-- People and sessions belong to the installation; everything else to an organisation, whose id leads every key.

CREATE TABLE installation (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  setup_token_hash BYTEA,
  set_up_at BIGINT
);

CREATE TABLE account (
  id UUID PRIMARY KEY,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT,
  super_admin BOOLEAN NOT NULL DEFAULT FALSE,
  state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'deleted')),
  created_at BIGINT NOT NULL
);

CREATE TABLE session (
  id UUID PRIMARY KEY,
  token_hash BYTEA NOT NULL UNIQUE,
  user_id UUID NOT NULL REFERENCES account (id),
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  address TEXT,
  device TEXT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id, ended_at);

-- A request for an address without an account leaves a row as well (user_id NULL), so that both take the same time.
CREATE TABLE password_reset (
  token_hash BYTEA PRIMARY KEY,
  user_id UUID REFERENCES account (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX password_reset_user ON password_reset (user_id, created_at);

-- Failed sign-ins, by a hash of the address typed, so that unknown accounts look the same. address '*' is the sum.
CREATE TABLE login_failure (
  account BYTEA NOT NULL,
  address TEXT NOT NULL,
  failures BIGINT NOT NULL,
  since BIGINT NOT NULL,
  locked_until BIGINT,
  PRIMARY KEY (account, address)
);

-- Where a person is or was a member: the way from an account to its organisations. A row outlives the membership
-- (left_at), because whoever deletes the account must still find what to erase there.
CREATE TABLE membership (
  user_id UUID NOT NULL REFERENCES account (id),
  org_id UUID NOT NULL,
  member_id UUID NOT NULL,
  left_at BIGINT,
  PRIMARY KEY (user_id, org_id)
);

CREATE TABLE invitation_token (
  token_hash BYTEA PRIMARY KEY,
  org_id UUID NOT NULL,
  invitation_id UUID NOT NULL
);

CREATE TABLE idempotency (
  principal TEXT NOT NULL,
  key TEXT NOT NULL,
  operation TEXT NOT NULL,
  request_hash BYTEA NOT NULL,
  response TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Work that leaves after the commit that asked for it.
CREATE TABLE outbox (
  id UUID PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  problem TEXT
);
CREATE INDEX outbox_due ON outbox (due_at);

CREATE TABLE organisation (
  org_id UUID PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL
);

CREATE TABLE member (
  org_id UUID NOT NULL REFERENCES organisation (org_id),
  id UUID NOT NULL,
  user_id UUID,
  name TEXT NOT NULL,
  handle TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  state TEXT NOT NULL CHECK (state IN ('active', 'removed', 'deleted')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, handle),
  UNIQUE (org_id, user_id)
);

-- invited_by NULL: the administrator of the installation, who need not be a member.
CREATE TABLE invitation (
  org_id UUID NOT NULL REFERENCES organisation (org_id),
  id UUID NOT NULL,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin', 'owner')),
  invited_by UUID,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  accepted_at BIGINT,
  revoked_at BIGINT,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, invited_by) REFERENCES member (org_id, id)
);
CREATE INDEX invitation_email ON invitation (org_id, email_folded);

-- The ledger. The nil organisation is the installation itself.
CREATE TABLE audit_entry (
  org_id UUID NOT NULL,
  id UUID NOT NULL,
  at BIGINT NOT NULL,
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
);
CREATE INDEX audit_action ON audit_entry (org_id, action, id);
CREATE INDEX audit_actor ON audit_entry (org_id, actor_id, id);

CREATE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit ledger is append-only'; END $$;
CREATE TRIGGER audit_entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
EXECUTE FUNCTION audit_entry_is_append_only();

-- The server works as this role, which owns nothing.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'holdfast_app') THEN CREATE ROLE holdfast_app NOLOGIN; END IF;
  EXECUTE format('GRANT holdfast_app TO %I', current_user);
END $$;
GRANT USAGE ON SCHEMA public TO holdfast_app;

-- Row-level security: the second question about every row (AUTHZ-6).
DO $$ DECLARE t TEXT; BEGIN
  FOREACH t IN ARRAY ARRAY['organisation', 'member', 'invitation', 'audit_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (org_id = nullif(current_setting(''holdfast.org'', true), '''')::uuid)', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON organisation, member, invitation, installation, account, session, password_reset, login_failure, membership, invitation_token, idempotency, outbox TO holdfast_app;
GRANT SELECT, INSERT ON audit_entry TO holdfast_app;
