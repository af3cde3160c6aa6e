"""Write the JSON schema of the save format: `python -m leveling.saving.publish` in a checkout."""

import json

from leveling import places
from leveling.saving.schema import SaveFile

if __name__ == "__main__":
    target = places.CHECKOUT / "saves" / "save.schema.json"
    target.write_text(json.dumps(SaveFile.model_json_schema(), indent=2) + "\n", encoding="utf-8")
