"""Growth: an order's time and bytes as rounds, finished orders and waiting orders grow."""
