"""Carriers that are reached over HTTP, described by data.

A *preset* (``presets/NAME.toml``) says how an aggregator is asked to send (`spec.RequestSpec`), what its answer means
(`spec.AnswerSpec`), and how its callbacks are read (`spec.ReceiptsSpec`, `spec.InboundSpec`); an operator's own tables
are laid over it. All of it is checked and compiled when the carrier is configured (`account.parse_account`).
"""
