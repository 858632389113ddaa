"""Ways to read a watch in a test."""

from contextlib import aclosing, suppress

from minikube_py.storage import Event, RevisionConflict, Storage


async def events_through(storage: Storage, prefix: str, after_revision: int, through: int) -> list[Event]:
    """Watch until everything up to and including revision `through` was delivered; return the events."""
    seen: list[Event] = []
    async with aclosing(storage.watch(prefix, after_revision)) as batches:
        async for batch in batches:
            seen += batch.events
            if batch.revision >= through:
                return [event for event in seen if event.revision <= through]
    raise AssertionError("the watch ended by itself")


async def first_events(storage: Storage, prefix: str, after_revision: int, count: int) -> list[Event]:
    """Watch until at least `count` events were delivered; return that many."""
    seen: list[Event] = []
    async with aclosing(storage.watch(prefix, after_revision)) as batches:
        async for batch in batches:
            seen += batch.events
            if len(seen) >= count:
                return seen[:count]
    raise AssertionError("the watch ended by itself")


async def write_some(storage: Storage, prefix: str, count: int) -> list[int]:
    """Create, update and delete a few keys in turn; return the revisions of these `count` writes."""
    revisions: list[int] = []
    live: dict[str, int] = {}
    for number in range(count):
        key = f"{prefix}{number % 5}"
        value = f"value {number}".encode()
        if key not in live:
            revision = live[key] = await storage.create(key, value)
        elif number % 3:
            revision = live[key] = await storage.update(key, value, live[key])
        else:
            revision = await storage.delete(key, live.pop(key))
        revisions.append(revision)
    return revisions


async def increment(storage: Storage, key: str) -> int:
    """Add one to the number in a key, trying again as long as others are faster; return the new revision."""
    while True:
        current = await storage.get(key)
        assert current is not None
        with suppress(RevisionConflict):
            return await storage.update(key, str(int(current.value) + 1).encode(), current.revision)
