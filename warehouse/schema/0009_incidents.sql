-- What ops is to hear, once when it begins and once when it is over (warehouse/incidents.py). Sources have their own
-- told_state in core.source_health.
-- kind: channel | backlog | gap. subject: the channel; of a gap, when the run before it began. told_at: when ops was told
-- that it began, NULL: not yet. over_at: when it was over; the row goes when ops was told of that, too, or of neither.
CREATE TABLE core.incidents (
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    note     TEXT NOT NULL,
    began_at TIMESTAMPTZ NOT NULL,
    told_at  TIMESTAMPTZ,
    over_at  TIMESTAMPTZ,
    PRIMARY KEY (kind, subject)
);
-- When an alert was due first: next_attempt_at moves on with every try. NULL: as next_attempt_at says.
ALTER TABLE core.alerts ADD COLUMN due_at TIMESTAMPTZ;
