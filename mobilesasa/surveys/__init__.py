"""Surveys by SMS: what is asked, how answers are read, what is said next, and what came of it; pure (decisions 78–81)."""
