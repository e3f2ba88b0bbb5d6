"""The verdict on each step, and what is wrong with a wrong one."""
