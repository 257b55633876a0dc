"""The whole job played through real doors, for a newcomer and for tests. Nothing of it runs on a box in service."""
