"""Reports about runs: an HTML page, a CSV file of metrics, and a comparison over seeds."""
