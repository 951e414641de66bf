"""Tasks of our own beside the harness's: their YAML, and the marks that no metric gives."""
