-- The index of `tanma search` (warehouse/search): in which documents each gram stands. A segment holds the documents
-- from first_doc to last_doc and is written once; small neighbours are replaced by one that holds all of theirs.
CREATE TABLE core.search_segments (
    segment   INTEGER PRIMARY KEY,
    first_doc INTEGER NOT NULL,
    last_doc  INTEGER NOT NULL
);

-- The rows of a segment stand in the order of their grams, which are numbers made by warehouse/search/grams.py with the
-- field above them; packed: a page of warehouse/search/pages.py, its documents counted from the segment's first_doc.
CREATE TABLE core.search_pages (
    segment    INTEGER NOT NULL,
    first_gram BIGINT NOT NULL,
    last_gram  BIGINT NOT NULL,
    packed     BLOB NOT NULL USING COMPRESSION uncompressed
);
