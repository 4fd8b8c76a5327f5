"""``python -m voicelab``."""

from voicelab.cli import main

raise SystemExit(main())
