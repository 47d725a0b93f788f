"""Reading a request's body for the API. Apart from `core.api`, which needs DRF's views."""

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """JSON whose every text can be stored and sent back; what DRF's reader lets through or breaks at is a 400."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            data = super().parse(*args, **kwargs)
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError(_("JSON parse error - nested too deeply.")) from None
        except UnicodeEncodeError:
            raise ParseError(_("JSON parse error - half a character (a lone surrogate).")) from None
        return data
