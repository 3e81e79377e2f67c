"""Durable entities: their ids, messages, state, batches, and what clients may ask of them."""
