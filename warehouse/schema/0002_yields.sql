-- What each run got out of each source: what its health is judged by (warehouse/health.py).
-- day, usual_day: as they were judged after that run.
CREATE TABLE core.yields (
    run_id         TEXT NOT NULL,
    source         TEXT NOT NULL,
    read_at        TIMESTAMPTZ NOT NULL,
    state          TEXT NOT NULL,
    lists          INTEGER NOT NULL,
    unchanged      INTEGER NOT NULL,
    listed         INTEGER NOT NULL,
    new            INTEGER NOT NULL,
    newest_at      TIMESTAMPTZ,
    articles       INTEGER NOT NULL,
    without_title  INTEGER NOT NULL,
    without_author INTEGER NOT NULL,
    without_time   INTEGER NOT NULL,
    chars          INTEGER NOT NULL,
    blocked        INTEGER NOT NULL,
    failed         INTEGER NOT NULL,
    day            INTEGER NOT NULL,
    usual_day      DOUBLE,
    PRIMARY KEY (run_id, source)
);
