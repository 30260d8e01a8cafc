"""`make chaos`: everything that a node leans on is killed, frozen, cut, filled up and set wrong at random under load."""
