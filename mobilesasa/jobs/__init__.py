"""Long work that one node does for all: imports, their undo, exports; what is heavy is done in processes of its own."""
