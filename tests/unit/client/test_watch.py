"""How the lines of a watch become events or errors."""

import pytest

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.status import Expired
from minikube_py.client.watch import EventType, decode_event

POD = b'{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","resourceVersion":"7"},"spec":{"containers":null}}'


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"MODIFIED","object":' + POD + b"}",
        b'{"type": "MODIFIED", "object": ' + POD + b"}",
        b'{"object":' + POD + b',"type":"MODIFIED"}',
    ],
)
def test_event_is_read_however_its_json_is_laid_out(line: bytes) -> None:
    event = decode_event(Pod, line)
    assert (event.type, event.object.metadata.name, event.revision) == (EventType.MODIFIED, "web", "7")


def test_error_event_is_raised_as_the_error_that_it_carries() -> None:
    line = b'{"type":"ERROR","object":{"kind":"Status","reason":"Expired","message":"too old","code":410}}'
    with pytest.raises(Expired, match="too old"):
        decode_event(Pod, line)
