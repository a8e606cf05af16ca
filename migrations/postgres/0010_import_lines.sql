-- What the lines of a source were, so that another line is not taken for one that is known. lines: JSON list of pairs of a
-- line's number and its digest; one row for each batch.
CREATE TABLE import_batch (
  org_id UUID NOT NULL,
  channel_id UUID NOT NULL,
  source TEXT NOT NULL,
  first BIGINT NOT NULL,
  last BIGINT NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (org_id, channel_id, source, last),
  FOREIGN KEY (org_id, channel_id, source) REFERENCES import_source (org_id, channel_id, source)
);

-- Row-level security: the second question about every row (AUTHZ-6).
ALTER TABLE import_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_batch FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON import_batch USING (org_id = nullif(current_setting('holdfast.org', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON import_batch TO holdfast_app;

-- Up to this line nobody wrote down what the lines were.
ALTER TABLE import_source ADD COLUMN undigested BIGINT NOT NULL DEFAULT 0;
UPDATE import_source SET undigested = lines;
