"""Saves: what happened, kept in one TOML file a slot. Nothing that was confirmed is ever lost. See saves/FORMAT.md."""

from leveling.saving.store import Store
from leveling.saving.trouble import SaveTrouble, Trouble

__all__ = ["SaveTrouble", "Store", "Trouble"]
