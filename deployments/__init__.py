"""How Tanma is installed and scheduled, and the example configuration that `tanma init` writes."""
