"""The audit: what a study's ledger and tables say, gathered for people and for other programs."""
