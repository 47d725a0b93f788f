"""Which recordings are taken: size, length, and the container, known by its first bytes. Pure: no decoder, no I/O."""

from core.errors import Invalid

MAX_BYTES = 4 * 1024 * 1024
MAX_SECONDS = 20
ACCEPT = "audio/*"
_UNKNOWN = "Use an audio file: MP3, M4A, WAV, Ogg, WebM, or FLAC."


def container_of(data: bytes) -> str:
    """The name that FFmpeg has for it, whatever the file is called. Raises Invalid in words for who sent it."""
    if len(data) > MAX_BYTES:
        raise Invalid(f"The file is larger than {MAX_BYTES // 1024**2} MB.", code="greeting_too_large")
    if data[4:8] == b"ftyp":
        return "mp4"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    for start, container in _STARTS:
        if data.startswith(start):
            return container
    if len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "aac" if data[1] & 0x06 == 0 else "mp3"
    raise Invalid(_UNKNOWN, code="greeting_unreadable")


_STARTS = ((b"OggS", "ogg"), (b"\x1aE\xdf\xa3", "matroska"), (b"fLaC", "flac"), (b"ID3", "mp3"))
