"""What became of runs, as a page to look at and as a table for spreadsheets."""
