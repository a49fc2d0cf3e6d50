-- Whether the article is about the name. NULL: scanned before this was told; `tanma rescan` tells.
ALTER TABLE core.mentions ADD COLUMN central BOOLEAN;
