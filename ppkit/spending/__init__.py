"""What calls cost: usage, prices, ceilings, the ledger and the budget."""
