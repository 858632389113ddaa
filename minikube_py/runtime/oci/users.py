"""Turns a user as people write it (`nginx`, `101`, `www-data:www-data`) into numbers, by the image's own files. Pure.

Kubernetes: the container runtime does this (opencontainers/runc/libcontainer/user).
"""

from dataclasses import dataclass

from minikube_py.runtime.interface import RuntimeFault


@dataclass(frozen=True, slots=True)
class User:
    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    """Groups that the image's group file adds."""
    home: str = "/"


def resolve_user(text: str, passwd: str, group: str) -> User:
    """`text` is `user[:group]`, each a name or a number; empty is root. Raises: RuntimeFault for an unknown name."""
    name, _, group_name = text.partition(":")
    entry = _find_user(name or "0", passwd)
    if entry is None and not (name or "0").isdigit():
        raise RuntimeFault(f"unable to find user {name}: no matching entries in the image's passwd file")
    if entry is None:
        user = User(uid=int(name))
    else:
        user = User(int(entry[2]), int(entry[3]), _groups_of(entry[0], group), entry[5])
    if not group_name:
        return user
    return User(user.uid, _resolve_group(group_name, group), (), user.home)


def _find_user(name: str, passwd: str) -> list[str] | None:
    rows = (line.split(":") for line in passwd.splitlines())
    return next((row for row in rows if len(row) >= 7 and name in (row[0], row[2])), None)


def _groups_of(name: str, group: str) -> tuple[int, ...]:
    rows = (line.split(":") for line in group.splitlines())
    return tuple(int(row[2]) for row in rows if len(row) >= 4 and name in row[3].split(","))


def _resolve_group(name: str, group: str) -> int:
    rows = (line.split(":") for line in group.splitlines())
    found = next((int(row[2]) for row in rows if len(row) >= 4 and name in (row[0], row[2])), None)
    if found is not None:
        return found
    if name.isdigit():
        return int(name)
    raise RuntimeFault(f"unable to find group {name}: no matching entries in the image's group file")
