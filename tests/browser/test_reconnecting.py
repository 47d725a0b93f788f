"""Pages that lose their sockets together don't come back together: each waits for any part of a limit, which grows."""

from tests.browser.conftest import NewPage

PAUSES = """async (address) => {
  const { pauseMs } = await import(address);
  return [0, 1, 2, 20].map((failures) => Array.from({ length: 400 }, () => pauseMs(failures)));
}"""


def test_pauses_before_a_page_connects_again_are_spread_and_grow(new_page: NewPage) -> None:
    page = new_page("flirts", "desktop")
    page.goto("/")
    for pauses, limit in zip(
        page.evaluate(PAUSES, "/static/js/reconnecting-socket.js"), (1000, 2000, 4000, 30_000), strict=True
    ):
        pauses.sort()
        assert 0 <= pauses[0] < limit / 10
        assert limit * 0.9 < pauses[-1] <= limit
        assert limit * 0.3 < pauses[200] < limit * 0.7, "as many in the first half as in the second"
