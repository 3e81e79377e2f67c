"""Payments: charging an order at most once, and paying back."""
