"""A local image registry that asks for a password, and can go down and come back over the same data."""

import socket
import subprocess
import time
from pathlib import Path

USERNAME, PASSWORD = "tester", "secret"
_BCRYPT = "$2b$05$kuij7N3Ls/CRiLcqKrc6eeDdpPL/4Eo7EXw3WyTBd6gj37EQXc7JW"  # of PASSWORD
_START_S = 20.0


class ImageRegistry:
    """Debian's docker-registry on a loopback port; `netns` names a namespace to run it in."""

    def __init__(self, folder: Path, netns: str | None = None) -> None:
        self._folder = folder
        self._netns = netns
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        (folder / "htpasswd").write_text(f"{USERNAME}:{_BCRYPT}\n")
        (folder / "config.yml").write_text(
            f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
            f'http: {{addr: "{self.address}"}}\n'
            f"auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}\n"
        )

    def start(self) -> None:
        argv = [*self._inside(), "docker-registry", "serve", str(self._folder / "config.yml")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"docker-registry did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    def push(self, layout: Path, tag: str, name: str) -> None:
        """Put an image of an OCI layout into the registry under `name`."""
        target = f"docker://{self.address}/{name}"
        options = [
            "--insecure-policy",
            "copy",
            "--quiet",
            "--dest-tls-verify=false",
            f"--dest-creds={USERNAME}:{PASSWORD}",
        ]
        subprocess.run([*self._inside(), "skopeo", *options, f"oci:{layout}:{tag}", target], check=True)

    def _answers(self) -> bool:
        url = f"http://{self.address}/v2/"
        asked = subprocess.run([*self._inside(), "curl", "-s", "-o", "/dev/null", url], check=False)
        return asked.returncode == 0

    def _inside(self) -> list[str]:
        return [] if self._netns is None else ["nsenter", f"--net=/var/run/netns/{self._netns}"]
