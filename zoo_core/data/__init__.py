"""Where images come from, which of their labels a run may see, and in what order they come."""
