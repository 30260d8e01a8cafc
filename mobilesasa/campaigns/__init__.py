"""Campaigns: one text to many people, each once, at a pace and at hours that are right (decisions 63-77)."""
