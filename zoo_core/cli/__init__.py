"""What people see: the command line, progress, and how names become networks."""
