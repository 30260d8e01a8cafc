"""What an operator of the platform asks for and does, over all teams."""
