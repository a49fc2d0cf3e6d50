-- The base tables. Users read the views of views.sql; what stands here may change between versions.
CREATE SCHEMA core;

CREATE TABLE core.schema_version (
    version    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
);

-- timezone: in which a day of entity_daily begins and ends; views: hash of the views.sql that is applied.
CREATE TABLE core.settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO core.settings VALUES ('timezone', 'UTC');

-- One row. Counts the transactions that changed what a reader can see; publishing compares it with its stamp.
CREATE TABLE core.publication (changes BIGINT NOT NULL);
INSERT INTO core.publication VALUES (0);

-- The text itself stands once, in article_versions.
CREATE TABLE core.articles (
    article_id          TEXT PRIMARY KEY,
    source              TEXT NOT NULL,
    outlet              TEXT NOT NULL,
    kind                TEXT NOT NULL,
    url                 TEXT NOT NULL,
    title               TEXT NOT NULL,
    authors             TEXT[] NOT NULL,
    published_at        TIMESTAMPTZ,
    published_precision TEXT NOT NULL,
    first_seen_at       TIMESTAMPTZ NOT NULL,
    updated_at          TIMESTAMPTZ NOT NULL,
    chars               INTEGER NOT NULL,
    language            TEXT NOT NULL,
    byline              TEXT NOT NULL,
    chrome              TEXT NOT NULL,
    story_id            TEXT NOT NULL,
    relation            TEXT NOT NULL,
    version             INTEGER NOT NULL,
    content_hash        TEXT NOT NULL,
    gone_at             TIMESTAMPTZ
);

-- story_key: equal for texts that belong to one story; NULL when a text is too short to tell.
CREATE TABLE core.article_versions (
    article_id   TEXT NOT NULL,
    version      INTEGER NOT NULL,
    seen_at      TIMESTAMPTZ NOT NULL,
    title        TEXT NOT NULL,
    text         TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    story_key    TEXT,
    PRIMARY KEY (article_id, version)
);

CREATE TABLE core.entities (
    entity_id  TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    aliases    TEXT[] NOT NULL,
    groups     TEXT[] NOT NULL,
    context    TEXT[] NOT NULL,
    never      TEXT[] NOT NULL,
    active     BOOLEAN NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- Those of an article's newest version.
CREATE TABLE core.mentions (
    article_id TEXT NOT NULL,
    version    INTEGER NOT NULL,
    entity_id  TEXT NOT NULL,
    surface    TEXT NOT NULL,
    start_char INTEGER,
    end_char   INTEGER,
    how        TEXT NOT NULL,
    confidence DOUBLE NOT NULL,
    role       TEXT NOT NULL,
    snippet    TEXT NOT NULL,
    reason     TEXT NOT NULL
);

-- The outbox: one alert per story, entity, rule and channel, for ever.
CREATE TABLE core.alerts (
    alert_id        TEXT PRIMARY KEY,
    created_at      TIMESTAMPTZ NOT NULL,
    entity_id       TEXT NOT NULL,
    story_id        TEXT NOT NULL,
    article_id      TEXT NOT NULL,
    version         INTEGER NOT NULL,
    rule            TEXT NOT NULL,
    channel         TEXT NOT NULL,
    status          TEXT NOT NULL,
    reason          TEXT,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ,
    sent_at         TIMESTAMPTZ,
    last_error      TEXT,
    UNIQUE (story_id, entity_id, rule, channel)
);

-- A NULL entity or story means any.
CREATE TABLE core.mutes (
    entity_id  TEXT,
    story_id   TEXT,
    until      TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    reason     TEXT
);

-- Every article that a list ever named. A row is due when next_attempt_at has come; NULL: settled.
-- state: queued | stored | partial | retry | blocked | gone | broken | layout_changed | not_an_article
-- article_id: as lists name it; resolved_id: as it is stored, when its page says another. backlog: it stood in a list
-- when that was read for the first time, and is not stored yet. url, ref: where to read it, as the outlet gave it.
CREATE TABLE core.frontier (
    source          TEXT NOT NULL,
    article_id      TEXT NOT NULL,
    resolved_id     TEXT,
    url             TEXT NOT NULL,
    ref             TEXT NOT NULL,
    published_at    TIMESTAMPTZ,
    discovered_at   TIMESTAMPTZ NOT NULL,
    position        INTEGER NOT NULL,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    updated_at      TIMESTAMPTZ NOT NULL,
    error           TEXT,
    etag            TEXT NOT NULL,
    last_modified   TEXT NOT NULL,
    body_hash       TEXT NOT NULL,
    backlog         BOOLEAN NOT NULL,
    PRIMARY KEY (source, article_id)
);

-- The lists themselves: what makes the next request conditional, and when to ask again after a failure.
-- list_key: the address without its secrets, and a part of its hash (warehouse/refs.py).
CREATE TABLE core.lists (
    source          TEXT NOT NULL,
    list_key        TEXT NOT NULL,
    first_asked_at  TIMESTAMPTZ NOT NULL,
    etag            TEXT NOT NULL,
    last_modified   TEXT NOT NULL,
    body_hash       TEXT NOT NULL,
    failures        INTEGER NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    last_success_at TIMESTAMPTZ,
    status          TEXT NOT NULL,
    error           TEXT,
    PRIMARY KEY (source, list_key)
);

-- What each list showed last of each article it named: it has changed when the same list shows it otherwise.
CREATE TABLE core.sightings (
    source      TEXT NOT NULL,
    list_key    TEXT NOT NULL,
    article_id  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (source, list_key, article_id)
);

CREATE TABLE core.robots (
    host       TEXT PRIMARY KEY,
    text       TEXT NOT NULL,
    status     INTEGER NOT NULL,
    fetched_at TIMESTAMPTZ NOT NULL
);

-- status: running | interrupted | what end_run was told
CREATE TABLE core.runs (
    run_id     TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    via        TEXT NOT NULL,
    status     TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ,
    counts     JSON NOT NULL
);

CREATE TABLE core.fetches (
    run_id      TEXT NOT NULL,
    source      TEXT NOT NULL,
    url         TEXT NOT NULL,
    fetched_at  TIMESTAMPTZ NOT NULL,
    outcome     TEXT NOT NULL,
    http_status INTEGER,
    bytes       BIGINT,
    seconds     DOUBLE
);

-- told_state: the last state that ops was told of.
CREATE TABLE core.source_health (
    source          TEXT PRIMARY KEY,
    state           TEXT NOT NULL,
    since           TIMESTAMPTZ NOT NULL,
    checked_at      TIMESTAMPTZ NOT NULL,
    last_success_at TIMESTAMPTZ,
    note            TEXT NOT NULL,
    told_state      TEXT NOT NULL DEFAULT 'ok'
);
