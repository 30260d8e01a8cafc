"""Teams are told over HTTP of what happens (decision 89): each endpoint has a queue of its own in the store."""
