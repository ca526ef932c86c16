"""Models as another version of Tastemaker would have stored them."""

import hashlib
import json


def as_stored_by_another_version(world, arn: str, **changes: object) -> None:
    """Change what the manifest of a campaign's or recommender's model says, and of its solution version's."""
    artifact = world.resources.get(arn)["_serving"]["artifact"]
    key = f"{artifact['prefix']}manifest.json"
    manifest = json.dumps(json.loads(world.objects.read("models", key)) | changes).encode()
    world.objects.write("models", key, manifest)
    changed = {**artifact, "sha256": hashlib.sha256(manifest).hexdigest()}
    record = world.resources.get(arn)
    world.resources.update(arn, {"_serving": {**record["_serving"], "artifact": changed}})
    if "solutionVersionArn" in record:
        world.resources.update(record["solutionVersionArn"], {"_artifact": changed})
    world.cold_start()
