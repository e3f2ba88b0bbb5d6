"""Documents made plain before anybody asks what they define: each symbol one thing, each name before its use."""
