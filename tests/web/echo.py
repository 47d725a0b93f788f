"""An ASGI application for `test_lean_sockets`, run by daphne: says what is kept of its socket, then answers each text with the same,
once as a message and once as a frame.
"""

import json
from typing import Any

from aeims import slow_readers
from web.frames import SEND_FRAME, text_frame

slow_readers.install()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    before = {"headers": len(scope["headers"]), "query": scope["query_string"].decode()}
    await send({"type": "websocket.accept"})
    send_frame = scope[SEND_FRAME]
    protocol = send_frame.__self__
    kept = {"kept": sorted(protocol.__dict__), "headers_kept": len(scope["headers"])}
    send_frame(
        text_frame(json.dumps({**before, **kept, "validator": type(protocol.utf8validator).__module__}))
    )
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
        send_frame(text_frame(message["text"]))
