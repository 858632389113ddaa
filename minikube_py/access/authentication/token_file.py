"""The token file: `token,user,uid,"group1,group2"` a line, read once at the start.

Kubernetes: staging/src/k8s.io/apiserver/pkg/authentication/token/tokenfile
"""

from __future__ import annotations

import csv
import hmac
from pathlib import Path

from minikube_py.access.authentication.caller import AUTHENTICATED
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.errors import ConfigError


class TokenFile:
    def __init__(self, users: dict[str, UserInfo]) -> None:
        self._users = users

    @classmethod
    def read(cls, path: Path) -> TokenFile:
        """Raises: ConfigError naming the file and the line, never the token."""
        users = {}
        try:
            with path.open(newline="", encoding="utf-8") as file:
                for number, row in enumerate(csv.reader(file), 1):
                    if row:
                        token, user = _user([cell.strip() for cell in row], f"--token-auth-file: {path}:{number}")
                        users[token] = user
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ConfigError(f"--token-auth-file: cannot read {path}: {error}") from error
        return cls(users)

    def find(self, token: str) -> UserInfo | None:
        given = token.encode()
        return next((u for known, u in self._users.items() if hmac.compare_digest(known.encode(), given)), None)


def _user(row: list[str], where: str) -> tuple[str, UserInfo]:
    if len(row) < 3 or not row[0] or not row[1]:
        raise ConfigError(f'{where} is not token,user,uid or token,user,uid,"group1,group2"')
    groups = [group.strip() for group in row[3].split(",") if group.strip()] if len(row) > 3 else []
    return row[0], UserInfo(username=row[1], uid=row[2], groups=(*groups, AUTHENTICATED))
