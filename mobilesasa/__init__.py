"""A messaging platform that a company runs itself: SMS by REST and by SMPP, on Twisted and PostgreSQL."""
