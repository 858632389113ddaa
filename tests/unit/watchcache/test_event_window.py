"""What a window over events keeps, and what it lets go of."""

from __future__ import annotations

from minikube_py.watchcache.watch_cache import CachedObject, CacheEvent, EventWindow


def event(revision: int, size: int) -> CacheEvent:
    return CacheEvent(revision, CachedObject(f"/k/{revision}", revision, b"x" * size, {}, {}), None)


def test_it_keeps_so_many_events_and_lets_go_of_the_oldest() -> None:
    gone: list[int] = []
    window = EventWindow(3, 1000, lambda event: gone.append(event.revision))
    for revision in range(1, 6):
        window.append(event(revision, 10))
    assert [each.revision for each in window] == [3, 4, 5]
    assert gone == [1, 2]


def test_it_keeps_states_of_so_many_bytes_but_always_the_newest() -> None:
    gone: list[int] = []
    window = EventWindow(10, 1000, lambda event: gone.append(event.revision))
    for revision, size in enumerate((400, 400, 400, 5000), start=1):
        window.append(event(revision, size))
        assert window[-1].revision == revision
    assert (gone, len(window)) == ([1, 2, 3], 1)
    window.append(event(5, 10))
    assert (gone, len(window)) == ([1, 2, 3, 4], 1)


def test_an_empty_one_has_room_again() -> None:
    gone: list[int] = []
    window = EventWindow(10, 1000, lambda event: gone.append(event.revision))
    window.append(event(1, 900))
    window.clear()
    window.append(event(2, 900))
    assert gone == []
