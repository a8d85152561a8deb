"""The meaning of the product: no web framework, no clock, no randomness."""
