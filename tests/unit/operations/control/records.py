"""Records that no operation makes yet."""


def put(world, arn, kind, status="ACTIVE", parent=None, **members):
    now = world.clock()
    made = {"_arn": arn, "_kind": kind, "_parent": parent, "_created": f"{now:017.6f}#{arn}", "_tags": {}}
    times = {"creationDateTime": now, "lastUpdatedDateTime": now}
    world.resources.create({**made, **times, "status": status, **members})
