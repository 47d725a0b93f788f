"""How much anybody may send: a body with files is turned away by its announced size, before it is read."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.utils.translation import gettext as _

MAX_BODY_BYTES = (
    25 * 1024 * 1024
)  # above any single form's own limit, so that a form can say it beside its field


class BoundedUpload(MemoryFileUploadHandler):
    """The first of `settings.FILE_UPLOAD_HANDLERS`."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any
    ) -> Any:
        if content_length > MAX_BODY_BYTES:
            raise RequestDataTooBig(
                _("A request can be at most %(megabytes)s MB.") % {"megabytes": MAX_BODY_BYTES // 1024**2}
            )
        return super().handle_raw_input(input_data, META, content_length, *args, **kwargs)
