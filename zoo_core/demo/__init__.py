"""A local web page: paint a hole into an image and see it filled."""
