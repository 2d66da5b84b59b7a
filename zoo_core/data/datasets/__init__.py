"""The built-in datasets: functions that load images for a `DatasetRequest`."""
