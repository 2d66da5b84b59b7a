"""The data sets that come along: each a function from a request to images."""
