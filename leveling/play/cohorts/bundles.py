"""Solutions out of certificate bundles, which strangers may have written."""

from pathlib import Path
