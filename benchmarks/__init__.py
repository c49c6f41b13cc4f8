"""What metering costs, measured: `python -m benchmarks`."""
