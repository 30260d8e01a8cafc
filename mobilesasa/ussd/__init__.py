"""USSD: menus that people walk through on their phones, as values and as an engine that knows no wire (decisions 82-84)."""
