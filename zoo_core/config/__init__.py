"""Settings: merged from recipe, settings file and command line, validated, and turned into networks and a trainer."""
