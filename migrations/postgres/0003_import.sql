-- How far the lines of each source of an import have been taken: repeating it adds nothing.
CREATE TABLE import_source (
  org_id UUID NOT NULL,
  channel_id UUID NOT NULL,
  source TEXT NOT NULL,
  lines BIGINT NOT NULL,
  PRIMARY KEY (org_id, channel_id, source),
  FOREIGN KEY (org_id, channel_id) REFERENCES channel (org_id, id)
);

-- Row-level security: the second question about every row (AUTHZ-6).
ALTER TABLE import_source ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_source FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON import_source USING (org_id = nullif(current_setting('holdfast.org', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON import_source TO holdfast_app;
