"""The command line: arguments to function calls, one file a command."""
