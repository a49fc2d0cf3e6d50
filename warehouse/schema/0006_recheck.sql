-- When a stored article whose page is asked for is looked at again; NULL: not any more. Only rows in state `stored`.
ALTER TABLE core.frontier ADD COLUMN recheck_at TIMESTAMPTZ;

-- What changed since the version before: title | text | title, text | kind. NULL for version 1.
-- Of versions stored before this was told: any other title counts, and any text of another content_hash.
ALTER TABLE core.article_versions ADD COLUMN changed TEXT;
UPDATE core.article_versions AS v
SET changed = coalesce(nullif(concat_ws(', ',
                  CASE WHEN v.title <> p.title THEN 'title' END,
                  CASE WHEN v.content_hash <> p.content_hash THEN 'text' END), ''), 'kind')
FROM (SELECT article_id, version, title, content_hash FROM core.article_versions) p
WHERE v.version > 1 AND p.article_id = v.article_id AND p.version = v.version - 1;
