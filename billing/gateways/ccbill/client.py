"""Asks CCBill: its interface to single sales, charges by a previous transaction, and the Data Link. Never tries anything twice.

Everything goes as a form over TLS, so that no password stands in an address. ccbill.com/doc/ccbill-api-guide,
ccbill.com/doc/ccbill-api-charge-by-previous-transaction-id, ccbill.com/doc/data-link-extract-system-user-guide.
"""

import re
from collections.abc import Mapping
from datetime import datetime

import requests

from billing.gateways.base import NoAnswer
from billing.gateways.ccbill import account
from billing.gateways.ccbill.account import SubAccount

DATALINK = "https://datalink.ccbill.com"
BILLING = "https://bill.ccbill.com"

_TIMEOUT_SECONDS = (3.0, 10.0)  # to connect, and to say something
_REPORT_TIMEOUT_SECONDS = (3.0, 60.0)
_CHARGE_TIMEOUT_SECONDS = (3.0, 30.0)  # a bank is asked meanwhile
_MOST_BYTES = 4_000_000
_LEAF = re.compile(r"<([A-Za-z]\w*)>([^<>]*)</\1>")
_TIME = "%Y%m%d%H%M%S"


def manage(sub_account: SubAccount, action: str, **fields: str) -> dict[str, str]:
    """What CCBill's subscription management answers to an action: a name and a value each. Raises NoAnswer."""
    url = f"{DATALINK}/utils/subscriptionManagement.cgi"
    request = _login() | {"usingSubacc": sub_account.sub, "action": action, "returnXML": "1"} | fields
    return _values(_post(url, request, _TIMEOUT_SECONDS))


def charge_again(sub_account: SubAccount, **fields: str) -> dict[str, str]:
    """Charge the card of an earlier sale, once. Raises NoAnswer: then nobody knows whether it was."""
    request = _login() | {
        "action": "chargeByPreviousTransactionId",
        "newClientAccnum": sub_account.client,
        "newClientSubacc": sub_account.sub,
        "sharedAuthentication": "1",
        "returnXML": "1",
    }
    return _values(_post(f"{BILLING}/jpost/billingApi.cgi", request | fields, _CHARGE_TIMEOUT_SECONDS))


def report(since: datetime, until: datetime, *, types: str) -> str:
    """The Data Link's lines between two times of CCBill's clock. CCBill takes one such request in 60 minutes. Raises NoAnswer."""
    period = {"startTime": since.strftime(_TIME), "endTime": until.strftime(_TIME), "transactionTypes": types}
    return _post(f"{DATALINK}/data/main.cgi", _login() | period, _REPORT_TIMEOUT_SECONDS)


def _login() -> dict[str, str]:
    login = account.login()
    if login is None:
        raise NoAnswer
    return {"clientAccnum": login.client, "username": login.user, "password": login.password}


def _post(url: str, fields: Mapping[str, str], timeout: tuple[float, float]) -> str:
    try:
        with requests.post(url, data=fields, timeout=timeout, allow_redirects=False, stream=True) as response:
            body = b""
            for part in response.iter_content(65_536):
                body += part
                if len(body) > _MOST_BYTES:
                    raise NoAnswer
            is_answer = response.status_code == requests.codes.ok
    except requests.RequestException:
        raise NoAnswer from None
    if not is_answer:
        raise NoAnswer
    return str(body, "utf-8", "replace").strip()


def _values(text: str) -> dict[str, str]:
    """`<results>1</results>`, or its leaves: `<results><approved>1</approved></results>`. Raises NoAnswer for anything else."""
    values = {name: value.strip() for name, value in _LEAF.findall(text)}
    if not values:
        raise NoAnswer
    return values
