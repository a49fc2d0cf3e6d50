"""Full-text search in Chinese, by an index of our own (design §5): DuckDB's erases Chinese."""

from warehouse.search.find import Filters, Found, Hit, entities_named, search
from warehouse.search.index import index_new
from warehouse.search.words import Query, read_query

__all__ = [
    "Filters", "Found", "Hit", "Query", "entities_named", "index_new", "read_query", "search",
]  # fmt: skip
