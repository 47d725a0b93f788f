"""Sessions as `core.sessions` keeps them. Reading one reads whose login it is, too: one statement for who is here.

The session itself is encrypted, so the statement finds the person by the list of logins (allauth's `UserSession`). That proves
nothing: `aeims.site_sessions` compares the person with what the session says, and where a login is not on the list, they are
read by statements of their own.
"""

from functools import cache
from itertools import islice
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from core import sessions
from core.row_columns import RowColumns
from customers.models import Customer, User
from customers.read_along import ReadAlong
from operators.models import Operator

_SESSION = RowColumns(Session, "session")
_USER = RowColumns(User, "person")
_CUSTOMER = RowColumns(Customer, "customer")
_OPERATOR = RowColumns(Operator, "operator")


class SessionStore(sessions.SessionStore):
    """`holder`: whose login it was, with `read_along`; None until the session is read, or where nobody is known."""

    holder: User | None = None

    def _get_session_from_db(self) -> Session | None:
        with connection.cursor() as cursor:
            cursor.execute(self._statement(), [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return None
        rest = iter(row)
        session, user, customer, operator = (
            tuple(islice(rest, len(part))) for part in (_SESSION, _USER, _CUSTOMER, _OPERATOR)
        )
        has_factor, more = rest
        self.holder = _person(_USER.instance(user), customer, operator, has_factor=bool(has_factor))
        self._take_more(more)
        return _SESSION.instance(session)

    def _statement(self) -> str:
        return _plain_statement()

    def _take_more(self, value: Any) -> None:
        """What the statement was made to read beside."""


def _person(
    user: User | None,
    customer_values: tuple[object, ...],
    operator_values: tuple[object, ...],
    *,
    has_factor: bool,
) -> User | None:
    if user is None:
        return None
    customer, operator = _CUSTOMER.instance(customer_values), _OPERATOR.instance(operator_values)
    for role in (customer, operator):
        if role is not None:
            role.user = user
    user.read_along = ReadAlong(customer, operator, has_factor)
    return user


def statement(more: str = "NULL") -> str:
    """Its parameters are the key and the time. `more`: SQL for a value that is read beside; `person` is whose login it was."""
    quote = connection.ops.quote_name
    logins, factors = (quote(model._meta.db_table) for model in (UserSession, Authenticator))
    columns = ", ".join(part.sql for part in (_SESSION, _USER, _CUSTOMER, _OPERATOR))
    return f"""
SELECT {columns},
       EXISTS (SELECT FROM {factors} factor WHERE factor.user_id = person.id), {more}
  FROM {_SESSION.table}
  LEFT JOIN {logins} login ON login.session_key = session.session_key
  LEFT JOIN {_USER.table} ON person.id = login.user_id
  LEFT JOIN {_CUSTOMER.table} ON customer.user_id = person.id
  LEFT JOIN {_OPERATOR.table} ON operator.user_id = person.id
 WHERE session.session_key = %s AND session.expire_date > %s"""  # noqa: S608 (names of tables and columns)


@cache
def _plain_statement() -> str:
    """Composed once a process."""
    return statement()
