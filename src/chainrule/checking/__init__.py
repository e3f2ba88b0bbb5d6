"""A verdict on somebody's own derivation or hand-written backward pass, step by step."""
