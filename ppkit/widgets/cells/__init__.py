"""What happens around a cell: the guard against keys, `%%ppkit`, receipts, windows that follow."""
