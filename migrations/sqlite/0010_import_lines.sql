-- What the lines of a source were, so that another line is not taken for one that is known. lines: JSON list of pairs of a
-- line's number and its digest; one row for each batch.
CREATE TABLE import_batch (
  org_id BLOB NOT NULL,
  channel_id BLOB NOT NULL,
  source TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (org_id, channel_id, source, last),
  FOREIGN KEY (org_id, channel_id, source) REFERENCES import_source (org_id, channel_id, source)
) STRICT, WITHOUT ROWID;

-- Up to this line nobody wrote down what the lines were.
ALTER TABLE import_source ADD COLUMN undigested INTEGER NOT NULL DEFAULT 0;
UPDATE import_source SET undigested = lines;
