"""What the shop knows, free of Azure Functions: contracts, stock, payments, settings."""
