"""Who changes something: staff on their own pages. Jobs and commands: `core.acting`, `core.command_line`. The person's own page
names nobody.
"""

from contextlib import AbstractContextManager, nullcontext

import pghistory
from django.http import HttpRequest


def changed_by(request: HttpRequest) -> AbstractContextManager[object]:
    """Within: what triggers write down names the staff member of this request. A page that is only read changes nothing."""
    if request.method == "GET" or request.user.pk is None:
        return nullcontext()
    context: AbstractContextManager[object] = pghistory.context(user=request.user.pk)
    return context
