"""`python -m chainrule` is the program `chainrule`."""

import sys

from chainrule.cli.app import main

sys.exit(main())
