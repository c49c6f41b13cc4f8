"""What was spent, the limits, the platform's bill."""
