"""Messages of a websocket, encoded once for all pages that are sent the same.

A server that sends such a frame as it is puts its function for that into the scope (`aeims.lean_sockets`).
"""

SEND_FRAME = "aeims.send_frame"


def text_frame(text: str) -> bytes:
    """The frame that a server sends for this text (RFC 6455, section 5.2): final, not masked, not compressed."""
    payload = text.encode()
    length = len(payload)
    if length < 126:
        return b"\x81" + bytes([length]) + payload
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload
