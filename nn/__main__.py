"""``python -m nn train`` is ``extensor train``."""

import sys

from nn.cli import main

sys.exit(main())
