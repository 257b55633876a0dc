"""Cases, statements and the gate: who said yes to what, signed and verified anew. Never films, never opens footage."""
