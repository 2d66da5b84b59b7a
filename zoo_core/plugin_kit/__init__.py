"""For those who write plugins: a first package, and the contract held against it."""
