"""What web tells Prometheus, asked as Prometheus asks."""

from django.test import Client

from tests.watching.rules import series_of

KEY = "key-of-the-metrics-in-tests-0123456789"


def ask(address: str = "/metrics", *, key: str = KEY, host: str = "localhost") -> tuple[int, str]:
    answer = Client(headers={"host": host, "Authorization": f"Bearer {key}"}).get(address)
    return answer.status_code, answer.content.decode()


def metrics() -> str:
    status, text = ask()
    assert status == 200
    return text


def value(text: str, name: str, **labels: str) -> float:
    """Of the one series with these labels."""
    [found] = [
        figure for (series, having), figure in series_of(text, "web").items()
        if series == name and labels.items() <= dict(having).items()
    ]  # fmt: skip
    return found
