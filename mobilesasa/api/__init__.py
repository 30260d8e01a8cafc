"""The REST API: parses, asks one service, answers; every reply under `/api/v1` is the envelope."""
