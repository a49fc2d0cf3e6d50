"""What we know: articles, stories, entities, mentions, alerts, in DuckDB. Knows no HTTP, no HTML, no Prefect."""
