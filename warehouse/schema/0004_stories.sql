-- Texts compress to less than half with zstd; what DuckDB chooses by itself for long texts takes more room than the
-- texts and ten times as long to write (measured with DuckDB 2.0.0).
-- doc: a number for every version of every article, in the order of arrival: what the indexes name.
CREATE TABLE core.article_versions_4 (
    article_id   TEXT NOT NULL,
    version      INTEGER NOT NULL,
    seen_at      TIMESTAMPTZ NOT NULL,
    title        TEXT NOT NULL,
    text         TEXT NOT NULL USING COMPRESSION zstd,
    content_hash TEXT NOT NULL,
    doc          INTEGER NOT NULL,
    PRIMARY KEY (article_id, version)
);
INSERT INTO core.article_versions_4 BY NAME
SELECT * EXCLUDE (story_key), row_number() OVER (ORDER BY rowid) AS doc FROM core.article_versions ORDER BY rowid;
DROP TABLE core.article_versions;
ALTER TABLE core.article_versions_4 RENAME TO article_versions;
CREATE INDEX version_doc ON core.article_versions (doc);
-- Of its newest version.
ALTER TABLE core.articles ADD COLUMN doc INTEGER;
UPDATE core.articles AS a SET doc = v.doc FROM core.article_versions v
WHERE v.article_id = a.article_id AND v.version = a.version;

-- What finds the texts that may belong to one story (warehouse/same/fingerprints.py): some keys of each document.
-- need: how many of them a text must share with it; the same in all rows of a document.
CREATE TABLE core.fingerprints (
    key  UINTEGER NOT NULL,
    doc  INTEGER NOT NULL,
    need UTINYINT NOT NULL
);
CREATE INDEX fingerprint_key ON core.fingerprints (key);

-- The articles of stories that have more than one: a story of one article is named like it and has no row here.
CREATE TABLE core.story_members (
    story_id   TEXT NOT NULL,
    article_id TEXT NOT NULL
);
INSERT INTO core.story_members
SELECT story_id, article_id FROM core.articles
WHERE story_id <> article_id OR story_id IN (SELECT story_id FROM core.articles GROUP BY story_id HAVING count(*) > 1)
ORDER BY rowid;
CREATE INDEX story_member ON core.story_members (story_id);

-- Stories that turned out to be one with another. Alerts that were sent keep the name they were sent under.
CREATE TABLE core.merged_stories (
    story_id  TEXT PRIMARY KEY,
    merged_in TEXT NOT NULL,
    merged_at TIMESTAMPTZ NOT NULL
);

-- DuckDB looks up by an index of one column only, and only `column IN (values)`.
CREATE INDEX frontier_article ON core.frontier (article_id);
CREATE INDEX sighting_article ON core.sightings (article_id);
