-- What SQL users can rely on (design §7). Applied whole whenever this file changed.

CREATE OR REPLACE VIEW main.articles AS
SELECT a.article_id, a.source, a.outlet, a.kind, a.url, a.title, a.authors, a.published_at, a.published_precision,
       a.first_seen_at, a.updated_at, v.text, a.chars, a.language, a.story_id, a.relation, a.version,
       a.gone_at
FROM core.articles a JOIN core.article_versions v ON v.article_id = a.article_id AND v.version = a.version;
COMMENT ON VIEW main.articles IS 'Every article in its newest version, one row each';
COMMENT ON COLUMN main.articles.article_id IS 'Readable id from the outlet''s own: 36kr:…, qq:…, wechat:…, zaker:…, tumblr:…, url:…, text:…';
COMMENT ON COLUMN main.articles.source IS 'The configured source it came through first';
COMMENT ON COLUMN main.articles.outlet IS 'Who published it';
COMMENT ON COLUMN main.articles.kind IS 'article | newsflash | interview | transcript | post | partial (only a part of the text could be read)';
COMMENT ON COLUMN main.articles.url IS 'Canonical address; empty for a text without one';
COMMENT ON COLUMN main.articles.title IS 'Title as published';
COMMENT ON COLUMN main.articles.authors IS 'Names of the authors, in the outlet''s order';
COMMENT ON COLUMN main.articles.published_at IS 'When the outlet says it was published; NULL when it does not say';
COMMENT ON COLUMN main.articles.published_precision IS 'How exact published_at is: second | minute | hour | day | month | year | unknown';
COMMENT ON COLUMN main.articles.first_seen_at IS 'When its first version was stored';
COMMENT ON COLUMN main.articles.updated_at IS 'When its newest version was stored';
COMMENT ON COLUMN main.articles.text IS 'The body without page furniture, paragraphs separated by a newline';
COMMENT ON COLUMN main.articles.chars IS 'Number of characters (code points) of text';
COMMENT ON COLUMN main.articles.language IS 'Language code of the text: zh, en, …';
COMMENT ON COLUMN main.articles.story_id IS 'The story it belongs to, named by the article_id of its article that came first';
COMMENT ON COLUMN main.articles.relation IS 'To its story: lead (the whole text published first) | same (equal text) | near (edited text) | part (an excerpt of the lead)';
COMMENT ON COLUMN main.articles.version IS 'Number of the newest version, from 1';
COMMENT ON COLUMN main.articles.gone_at IS 'When its page was first found withdrawn, the text is kept; NULL while the page stands, as far as is known';

CREATE OR REPLACE VIEW main.article_versions AS
SELECT article_id, version, seen_at, title, text, content_hash, changed FROM core.article_versions;
COMMENT ON VIEW main.article_versions IS 'Every version of every article as it was read';
COMMENT ON COLUMN main.article_versions.article_id IS 'The article';
COMMENT ON COLUMN main.article_versions.version IS 'From 1';
COMMENT ON COLUMN main.article_versions.seen_at IS 'When this version was stored';
COMMENT ON COLUMN main.article_versions.title IS 'Title of this version';
COMMENT ON COLUMN main.article_versions.text IS 'Body of this version; empty once keep: {versions: …} let an old one go';
COMMENT ON COLUMN main.article_versions.content_hash IS 'Equal for texts that differ only in width, case, spaces and punctuation';
COMMENT ON COLUMN main.article_versions.changed IS 'What changed since the version before: title | text | title, text | kind (a part became the whole, with the same words); NULL for version 1';

CREATE OR REPLACE VIEW main.stories AS
SELECT story_id,
       any_value(title) FILTER (relation = 'lead') AS title,
       any_value(article_id) FILTER (relation = 'lead') AS lead_article_id,
       min(published_at) AS first_published_at,
       max(updated_at) AS last_seen_at,
       count(*) AS n_articles,
       list_sort(list(DISTINCT outlet)) AS outlets
FROM core.articles GROUP BY story_id;
COMMENT ON VIEW main.stories IS 'Articles that tell the same thing, grouped across outlets; one row a story';
COMMENT ON COLUMN main.stories.story_id IS 'The story';
COMMENT ON COLUMN main.stories.title IS 'Title of the lead article';
COMMENT ON COLUMN main.stories.lead_article_id IS 'The whole text that was published first';
COMMENT ON COLUMN main.stories.first_published_at IS 'Earliest published_at of its articles; NULL when none has one';
COMMENT ON COLUMN main.stories.last_seen_at IS 'When an article of it was last stored or changed';
COMMENT ON COLUMN main.stories.n_articles IS 'Number of its articles';
COMMENT ON COLUMN main.stories.outlets IS 'Who published it, sorted, each once';

CREATE OR REPLACE VIEW main.entities AS
SELECT entity_id, kind, name, aliases, groups, active FROM core.entities;
COMMENT ON VIEW main.entities IS 'The names that are or were tracked';
COMMENT ON COLUMN main.entities.entity_id IS 'kind:name, as person:杨植麟';
COMMENT ON COLUMN main.entities.kind IS 'person | company | product | organization';
COMMENT ON COLUMN main.entities.name IS 'Name as in the watchlist';
COMMENT ON COLUMN main.entities.aliases IS 'Other forms that count as the name';
COMMENT ON COLUMN main.entities.groups IS 'Groups that alert rules can name';
COMMENT ON COLUMN main.entities.active IS 'False once it was taken out of the watchlist';

CREATE OR REPLACE VIEW main.mentions AS
SELECT article_id, entity_id, surface, start_char, end_char, how, confidence, role, snippet, reason, central
FROM core.mentions;
COMMENT ON VIEW main.mentions IS 'Where tracked names stand in the newest version of each article';
COMMENT ON COLUMN main.mentions.article_id IS 'The article';
COMMENT ON COLUMN main.mentions.entity_id IS 'Who or what is named';
COMMENT ON COLUMN main.mentions.surface IS 'The characters as they stand there';
COMMENT ON COLUMN main.mentions.start_char IS 'First character in articles.text, from 0; NULL outside the text (title, byline, chrome)';
COMMENT ON COLUMN main.mentions.end_char IS 'One past the last character; NULL outside the text';
COMMENT ON COLUMN main.mentions.how IS 'How it was found: name | alias | homophone | near';
COMMENT ON COLUMN main.mentions.confidence IS 'How sure it is, 0 to 1';
COMMENT ON COLUMN main.mentions.role IS 'Where it stands: title | body | speaker | byline | chrome';
COMMENT ON COLUMN main.mentions.snippet IS 'The sentence around it';
COMMENT ON COLUMN main.mentions.reason IS 'Why it counts, in words';
COMMENT ON COLUMN main.mentions.central IS 'Whether the article is about the name, not only passing by it; NULL: scanned before this was told';

CREATE OR REPLACE VIEW main.alerts AS
SELECT a.alert_id, a.created_at, a.entity_id, coalesce(m.merged_in, a.story_id) AS story_id, a.article_id, a.rule,
       a.channel, a.status, a.reason, a.attempts, a.next_attempt_at, a.sent_at, a.last_error
FROM core.alerts a LEFT JOIN core.merged_stories m ON m.story_id = a.story_id;
COMMENT ON VIEW main.alerts IS 'The outbox: one row per story, name, rule and channel; two when stories that were told apart turned out to be one';
COMMENT ON COLUMN main.alerts.alert_id IS 'Id of the alert';
COMMENT ON COLUMN main.alerts.created_at IS 'When it was raised';
COMMENT ON COLUMN main.alerts.entity_id IS 'Who or what was named';
COMMENT ON COLUMN main.alerts.story_id IS 'In which story, by its name of today';
COMMENT ON COLUMN main.alerts.article_id IS 'In which article it was found first';
COMMENT ON COLUMN main.alerts.rule IS 'Name of the alert rule';
COMMENT ON COLUMN main.alerts.channel IS 'Name of the channel';
COMMENT ON COLUMN main.alerts.status IS 'pending | sending | sent (the channel said yes) | failed | suppressed';
COMMENT ON COLUMN main.alerts.reason IS 'Why it was suppressed, or that its channel asked to wait; NULL otherwise';
COMMENT ON COLUMN main.alerts.attempts IS 'How often it was handed to the channel';
COMMENT ON COLUMN main.alerts.next_attempt_at IS 'Not before this time; NULL when settled';
COMMENT ON COLUMN main.alerts.sent_at IS 'When the channel accepted it';
COMMENT ON COLUMN main.alerts.last_error IS 'What the channel said last';

CREATE OR REPLACE VIEW main.runs AS
SELECT run_id, kind, via, status, started_at, ended_at, epoch(ended_at - started_at) AS seconds, counts FROM core.runs;
COMMENT ON VIEW main.runs IS 'Runs up to the one that published this file';
COMMENT ON COLUMN main.runs.run_id IS 'Id of the run: its start in UTC';
COMMENT ON COLUMN main.runs.kind IS 'collect | deliver | backfill | replay | rescan | tidy';
COMMENT ON COLUMN main.runs.via IS 'prefect | direct';
COMMENT ON COLUMN main.runs.status IS 'running | ok | partial (something failed) | failed | interrupted';
COMMENT ON COLUMN main.runs.started_at IS 'When it began';
COMMENT ON COLUMN main.runs.ended_at IS 'When it ended; NULL while it runs or when it was killed';
COMMENT ON COLUMN main.runs.seconds IS 'How long it took';
COMMENT ON COLUMN main.runs.counts IS 'What it did, in numbers (JSON)';

CREATE OR REPLACE VIEW main.fetches AS
SELECT run_id, source, url, fetched_at, outcome, http_status, bytes, seconds FROM core.fetches;
COMMENT ON VIEW main.fetches IS 'Every request that was made';
COMMENT ON COLUMN main.fetches.run_id IS 'The run that made it';
COMMENT ON COLUMN main.fetches.source IS 'The source that asked; empty for robots.txt';
COMMENT ON COLUMN main.fetches.url IS 'The address asked for, without its secrets';
COMMENT ON COLUMN main.fetches.fetched_at IS 'When';
COMMENT ON COLUMN main.fetches.outcome IS 'ok | unchanged | redirect | retry | blocked | gone | broken | cancelled';
COMMENT ON COLUMN main.fetches.http_status IS 'Status of the answer; NULL when there was none';
COMMENT ON COLUMN main.fetches.bytes IS 'Length of the body as it came over the wire';
COMMENT ON COLUMN main.fetches.seconds IS 'How long it took';

CREATE OR REPLACE VIEW main.source_health AS
SELECT source, state, since, checked_at, last_success_at, note FROM core.source_health;
COMMENT ON VIEW main.source_health IS 'How each source fares, as of the run that published this file';
COMMENT ON COLUMN main.source_health.source IS 'Id of the source';
COMMENT ON COLUMN main.source_health.state IS 'ok | quiet (honest silence) | low (far fewer than its own usual, or fields suddenly empty) | blocked | layout_changed | gone (its list is not there any more) | failing';
COMMENT ON COLUMN main.source_health.since IS 'Since when it is in this state';
COMMENT ON COLUMN main.source_health.checked_at IS 'When it was last read';
COMMENT ON COLUMN main.source_health.last_success_at IS 'When it was last read without trouble';
COMMENT ON COLUMN main.source_health.note IS 'What was wrong, in words; empty when nothing is';

CREATE OR REPLACE VIEW main.source_yield AS
SELECT run_id, source, read_at, state, lists, unchanged AS unchanged_lists, listed, new, newest_at, articles,
       without_title, without_author, without_time, chars AS median_chars, blocked, failed, day AS new_in_a_day,
       usual_day AS usual_in_a_day
FROM core.yields;
COMMENT ON VIEW main.source_yield IS 'What each run got out of each source, up to the run that published this file';
COMMENT ON COLUMN main.source_yield.run_id IS 'The run';
COMMENT ON COLUMN main.source_yield.source IS 'Id of the source';
COMMENT ON COLUMN main.source_yield.read_at IS 'When the source was done in this run';
COMMENT ON COLUMN main.source_yield.state IS 'Its state after this run: a word of source_health.state';
COMMENT ON COLUMN main.source_yield.lists IS 'Lists that were asked for';
COMMENT ON COLUMN main.source_yield.unchanged_lists IS 'Those of them that held what they held before';
COMMENT ON COLUMN main.source_yield.listed IS 'Articles that the other lists named';
COMMENT ON COLUMN main.source_yield.new IS 'Articles that this source had never named before';
COMMENT ON COLUMN main.source_yield.newest_at IS 'Publication of the newest article that it ever named; NULL when it does not say';
COMMENT ON COLUMN main.source_yield.articles IS 'Articles that were read';
COMMENT ON COLUMN main.source_yield.without_title IS 'Those of them without a title';
COMMENT ON COLUMN main.source_yield.without_author IS 'Those of them without an author';
COMMENT ON COLUMN main.source_yield.without_time IS 'Those of them without a time of publication';
COMMENT ON COLUMN main.source_yield.median_chars IS 'Median length of their texts in characters; 0 when none was read';
COMMENT ON COLUMN main.source_yield.blocked IS 'Requests that met a challenge page or a closed door';
COMMENT ON COLUMN main.source_yield.failed IS 'Articles that could not be read';
COMMENT ON COLUMN main.source_yield.new_in_a_day IS 'New articles in the 24 hours up to this run; up to an hour before it where it found nothing new';
COMMENT ON COLUMN main.source_yield.usual_in_a_day IS 'Median of such days in the four weeks before; NULL while it is not known';

-- The four that follow are written so that a condition on a name or a moment reaches the tables before anything is joined
-- or counted, and count in stages, which is cheaper than count(DISTINCT …): tests/benchmarks/bench_questions.py.
-- They join by number, take the one mention of each name in an article that has `times` (it is NULL in the others, bylines
-- and page furniture among them), and tell stories apart by 64 bits of a hash, as an article_id of an unknown host does.
CREATE OR REPLACE VIEW main.entity_daily AS
WITH by_story AS (
    SELECT CAST(coalesce(a.published_at, a.first_seen_at)
                AT TIME ZONE (SELECT value FROM core.settings WHERE name = 'timezone') AS DATE) AS day,
           m.entity_id, hash(a.story_id) AS story, count(*) AS n_articles, sum(m.times) AS n_mentions
    FROM core.mentions m JOIN core.articles a USING (doc)
    WHERE m.times IS NOT NULL
    GROUP BY ALL
), by_day AS (
    SELECT day, entity_id, count(*) AS n_stories, sum(n_articles)::BIGINT AS n_articles,
           sum(n_mentions)::BIGINT AS n_mentions
    FROM by_story GROUP BY ALL
)
SELECT d.day, d.entity_id, e.name, d.n_stories, d.n_articles, d.n_mentions
FROM by_day d LEFT JOIN core.entities e USING (entity_id);
COMMENT ON VIEW main.entity_daily IS 'How often each name was written on each day; bylines and page furniture do not count';
COMMENT ON COLUMN main.entity_daily.day IS 'Day of publication (of storing when unknown) in the configured timezone';
COMMENT ON COLUMN main.entity_daily.entity_id IS 'Who or what';
COMMENT ON COLUMN main.entity_daily.name IS 'Its name';
COMMENT ON COLUMN main.entity_daily.n_stories IS 'Stories that name it';
COMMENT ON COLUMN main.entity_daily.n_articles IS 'Articles that name it';
COMMENT ON COLUMN main.entity_daily.n_mentions IS 'Times it is named';

CREATE OR REPLACE VIEW main.co_mentions AS
WITH by_story AS (
    SELECT x.entity_id AS entity_a, y.entity_id AS entity_b, hash(a.story_id) AS story, count(*) AS n,
           min(coalesce(a.published_at, a.first_seen_at)) AS first_at,
           max(coalesce(a.published_at, a.first_seen_at)) AS last_at
    FROM core.mentions x
    JOIN core.articles a ON a.doc = x.doc
    JOIN core.mentions y ON y.doc = x.doc AND x.entity_id < y.entity_id
    WHERE x.times IS NOT NULL AND y.times IS NOT NULL
    GROUP BY ALL
), pairs AS (
    SELECT entity_a, entity_b, count(*) AS n_stories, sum(n)::BIGINT AS n_articles, min(first_at) AS first_at,
           max(last_at) AS last_at
    FROM by_story GROUP BY ALL
)
SELECT p.entity_a, ex.name AS name_a, p.entity_b, ey.name AS name_b, p.n_stories, p.n_articles, p.first_at, p.last_at
FROM pairs p
LEFT JOIN core.entities ex ON ex.entity_id = p.entity_a
LEFT JOIN core.entities ey ON ey.entity_id = p.entity_b;
COMMENT ON VIEW main.co_mentions IS 'Who was named with whom in one article; each pair once. Those of one name: co_mentions_of';
COMMENT ON COLUMN main.co_mentions.entity_a IS 'The one whose entity_id sorts first';
COMMENT ON COLUMN main.co_mentions.name_a IS 'Its name';
COMMENT ON COLUMN main.co_mentions.entity_b IS 'The other';
COMMENT ON COLUMN main.co_mentions.name_b IS 'Its name';
COMMENT ON COLUMN main.co_mentions.n_stories IS 'Stories with an article that names both';
COMMENT ON COLUMN main.co_mentions.n_articles IS 'Articles that name both';
COMMENT ON COLUMN main.co_mentions.first_at IS 'Publication of the first such article (storing when unknown)';
COMMENT ON COLUMN main.co_mentions.last_at IS 'Publication of the last such article (storing when unknown)';

-- Most articles are alone in their story to name the name: only the stories of `several` are counted one by one. The
-- name itself is left out last, as the coalesce makes sure: comparing names in the join costs more than counting it.
CREATE OR REPLACE VIEW main.co_mentions_of AS
WITH named AS (
    SELECT m.entity_id, m.doc, hash(a.story_id) AS story, coalesce(a.published_at, a.first_seen_at) AS moment
    FROM core.mentions m JOIN core.articles a USING (doc)
    WHERE m.times IS NOT NULL
), several AS (
    SELECT entity_id, story FROM named GROUP BY ALL HAVING count(*) > 1
), by_story AS (
    SELECT n.entity_id, m.entity_id AS other_id, s.story, count(*) AS n, min(n.moment) AS first_at,
           max(n.moment) AS last_at
    FROM named n
    LEFT JOIN several s ON s.entity_id = n.entity_id AND s.story = n.story
    JOIN core.mentions m ON m.doc = n.doc
    WHERE m.times IS NOT NULL
    GROUP BY ALL
), pairs AS (
    SELECT entity_id, other_id, sum(if(story IS NULL, n, 1))::BIGINT AS n_stories, sum(n)::BIGINT AS n_articles,
           min(first_at) AS first_at, max(last_at) AS last_at
    FROM by_story GROUP BY ALL
)
SELECT p.entity_id, ex.name, p.other_id, ey.name AS other_name, p.n_stories, p.n_articles, p.first_at, p.last_at
FROM pairs p
LEFT JOIN core.entities ex ON ex.entity_id = p.entity_id
LEFT JOIN core.entities ey ON ey.entity_id = p.other_id
WHERE coalesce(ey.entity_id, p.other_id) <> p.entity_id;
COMMENT ON VIEW main.co_mentions_of IS 'Who was named with one name: co_mentions in both directions, quick WHERE entity_id = …';
COMMENT ON COLUMN main.co_mentions_of.entity_id IS 'The name that is asked for';
COMMENT ON COLUMN main.co_mentions_of.name IS 'Its name';
COMMENT ON COLUMN main.co_mentions_of.other_id IS 'Who or what was named in the same article';
COMMENT ON COLUMN main.co_mentions_of.other_name IS 'Its name';
COMMENT ON COLUMN main.co_mentions_of.n_stories IS 'Stories with an article that names both';
COMMENT ON COLUMN main.co_mentions_of.n_articles IS 'Articles that name both';
COMMENT ON COLUMN main.co_mentions_of.first_at IS 'Publication of the first such article (storing when unknown)';
COMMENT ON COLUMN main.co_mentions_of.last_at IS 'Publication of the last such article (storing when unknown)';

-- With each article that names it, all articles of the story: it was first when none that names it too came before. The
-- grouping in of_story is a fence: the planner would join mentions with mentions by the name alone.
CREATE OR REPLACE VIEW main.first_reports AS
WITH of_story AS (
    SELECT m.entity_id, a.doc, coalesce(a.published_at, a.first_seen_at) AS published_at,
           o.doc AS other_doc, o.outlet AS other_outlet,
           (coalesce(o.published_at, o.first_seen_at), o.article_id)
               < (coalesce(a.published_at, a.first_seen_at), a.article_id) AS earlier
    FROM core.mentions m
    JOIN core.articles a ON a.doc = m.doc
    JOIN core.articles o ON o.story_id = a.story_id
    WHERE m.times IS NOT NULL
    GROUP BY ALL
), by_outlet AS (
    SELECT s.entity_id, s.doc, s.published_at, s.other_outlet, bool_or(s.earlier) AS earlier
    FROM of_story s JOIN core.mentions m ON m.doc = s.other_doc AND m.entity_id = s.entity_id
    WHERE m.times IS NOT NULL
    GROUP BY ALL
), firsts AS (
    SELECT entity_id, doc, published_at, count(*) AS n_outlets
    FROM by_outlet GROUP BY ALL HAVING NOT bool_or(earlier)
)
SELECT a.story_id, f.entity_id, e.name, a.article_id, a.outlet, a.title, f.published_at, f.n_outlets
FROM firsts f JOIN core.articles a USING (doc) LEFT JOIN core.entities e USING (entity_id);
COMMENT ON VIEW main.first_reports IS 'Who wrote first about a name in a story';
COMMENT ON COLUMN main.first_reports.story_id IS 'The story';
COMMENT ON COLUMN main.first_reports.entity_id IS 'Who or what is named';
COMMENT ON COLUMN main.first_reports.name IS 'Its name';
COMMENT ON COLUMN main.first_reports.article_id IS 'The earliest article of the story that names it';
COMMENT ON COLUMN main.first_reports.outlet IS 'Who published that article';
COMMENT ON COLUMN main.first_reports.title IS 'Title of that article';
COMMENT ON COLUMN main.first_reports.published_at IS 'When it was published (stored when unknown)';
COMMENT ON COLUMN main.first_reports.n_outlets IS 'How many outlets of the story name it';

CREATE OR REPLACE VIEW main.silent_sources AS
WITH arrivals AS (
    SELECT DISTINCT source, first_seen_at AS moment FROM core.articles
), gaps AS (
    SELECT source, moment, epoch(moment - lag(moment) OVER (PARTITION BY source ORDER BY moment)) AS gap FROM arrivals
), usual AS (
    SELECT source, max(moment) AS last_article_at, quantile_cont(gap, 0.5) AS gap FROM gaps GROUP BY source
)
SELECT h.source,
       h.state,
       u.last_article_at,
       epoch(now() - u.last_article_at) / 3600 AS hours_silent,
       u.gap / 3600 AS usual_hours,
       h.note
FROM core.source_health h LEFT JOIN usual u USING (source)
WHERE u.last_article_at IS NULL OR epoch(now() - u.last_article_at) > greatest(86400, 5 * coalesce(u.gap, 0));
COMMENT ON VIEW main.silent_sources IS 'Sources that brought nothing for a day and for five times their usual gap, or never anything';
COMMENT ON COLUMN main.silent_sources.source IS 'Id of the source';
COMMENT ON COLUMN main.silent_sources.state IS 'Its state in source_health';
COMMENT ON COLUMN main.silent_sources.last_article_at IS 'When its last new article was stored; NULL: never';
COMMENT ON COLUMN main.silent_sources.hours_silent IS 'Hours since then, at the moment of the query';
COMMENT ON COLUMN main.silent_sources.usual_hours IS 'Median of the hours between its arrivals; NULL with fewer than two';
COMMENT ON COLUMN main.silent_sources.note IS 'What was wrong with it, in words; empty when nothing is';
