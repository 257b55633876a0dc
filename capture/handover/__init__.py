"""A case handed from one practitioner to another: package, result, what waits, taking over. Never sees recovery's identity."""
