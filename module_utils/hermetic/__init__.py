"""The engine: observes, plans and changes one root on one host, with the standard library only."""
