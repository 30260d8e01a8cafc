"""What a team asks for and does: a class a resource, a function a route."""
