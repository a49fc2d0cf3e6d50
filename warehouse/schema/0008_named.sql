-- What makes the ready-made questions quick (views.sql): numbers to join by, and each name of an article once.
-- doc: of the article, as in core.articles. times: in the first mention of a name in an article that is no byline and no
-- page furniture, how many there are of it; NULL in all others.
ALTER TABLE core.mentions ADD COLUMN doc INTEGER;
ALTER TABLE core.mentions ADD COLUMN times INTEGER;
UPDATE core.mentions AS m SET doc = a.doc FROM core.articles a WHERE a.article_id = m.article_id;
UPDATE core.mentions AS m SET times = f.times
FROM (SELECT min(rowid) AS place, count(*)::INTEGER AS times FROM core.mentions
      WHERE role <> 'byline' AND role <> 'chrome' GROUP BY doc, entity_id) f
WHERE m.rowid = f.place;
