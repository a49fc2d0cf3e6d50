-- Articles that `tanma tidy` let go: known all the same, so that a list that names one brings nothing new. One that
-- stands in core.articles too was imported again by hand.
CREATE TABLE core.removed_articles (
    article_id    TEXT PRIMARY KEY,
    story_id      TEXT NOT NULL,
    version       INTEGER NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL,
    removed_at    TIMESTAMPTZ NOT NULL
);

-- Whose story a text was that is stored no more: when it comes back under another name, its alerts are known.
CREATE TABLE core.former_texts (
    content_hash TEXT PRIMARY KEY,
    story_id     TEXT NOT NULL
);
