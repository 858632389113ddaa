"""Kernel settings changed for as long as the network is up, with the old values in a file to put back."""

import json
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path("/proc/sys")


class Sysctls:
    """Settings by their path below `root`."""

    def __init__(self, file: Path, root: Path = _ROOT) -> None:
        self._file = file
        self._root = root

    def set(self, wanted: Mapping[str, str]) -> None:
        """Change settings; the value first found is what `restore` writes. One the kernel lacks is passed over.

        So is one that is as wanted: whoever changed it puts it back, in whichever order two networks go.
        """
        before = self._before()
        found = {key: (self._root / key).read_text().strip() for key in wanted if (self._root / key).exists()}
        changes = {key: value for key, value in found.items() if value != wanted[key]}
        self._file.write_text(json.dumps(changes | before))
        for key in changes:
            (self._root / key).write_text(wanted[key])

    def restore(self) -> None:
        for key, value in self._before().items():
            (self._root / key).write_text(value)
        self._file.unlink(missing_ok=True)

    def _before(self) -> dict[str, str]:
        try:
            return {str(key): str(value) for key, value in json.loads(self._file.read_text()).items()}
        except FileNotFoundError:
            return {}
