"""The world outside, turned into Articles. Knows no database and no orchestrator."""
