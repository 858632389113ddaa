"""From a URL to a Storage; each backend is imported only when it is asked for.

memory://                          forgets everything at the end
sqlite:///var/lib/minikube.db      one file (three slashes: an absolute path)
http://10.0.0.1:2379,http://...    the members of an etcd cluster; https:// with EtcdTls
"""

from pathlib import Path
from typing import TYPE_CHECKING

from minikube_py.errors import ConfigError
from minikube_py.storage.interface import Storage

if TYPE_CHECKING:
    from minikube_py.storage.etcd_connection import EtcdTls


async def open_storage(url: str, *, tls: "EtcdTls | None" = None) -> Storage:
    """Open the store that `url` names; the caller closes it.

    Raises: ConfigError for a URL of no known kind, StorageError when the store cannot be used.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "memory":
        from minikube_py.storage.memory import MemoryStorage

        return MemoryStorage()
    if scheme == "sqlite" and rest:
        from minikube_py.storage.sqlite import SqliteStorage

        return await SqliteStorage.open(Path(rest))
    if scheme in ("http", "https") and rest:
        from minikube_py.storage.etcd import EtcdStorage

        return await EtcdStorage.open([endpoint.strip() for endpoint in url.split(",")], tls=tls)
    raise ConfigError(
        f"storage {url!r} is of no known kind: use memory://, sqlite:///PATH or http://HOST:PORT of an etcd"
    )
