"""People whom a team writes to, and the groups that it keeps them in: what a contact may hold, and how it is found; pure."""
