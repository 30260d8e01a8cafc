"""The operator's command `mobilesasa`: a group of click commands for each noun, over the same store as the node."""
