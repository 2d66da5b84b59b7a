"""A page on this machine alone, to paint a hole into a picture and see it filled."""
