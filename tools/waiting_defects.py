"""Known defects of watches, callbacks, and operators who write first, for `tools.mutation_check`."""

DEFECTS = (
    (
        "All who wait are told at once that an operator is free",
        "telephony/services/tell_watchers.py",
        "    if not _is_free(operator) or _told_since(operator, at - NEXT_AFTER):\n",
        "    if not _is_free(operator):\n",
        "tests/telephony/test_watches.py::test_ten_at_a_time_the_longest_waiting_first_and_the_rest_while_she_stays_free",
    ),
    (
        "A customer who was blocked since is told that she is free",
        "telephony/services/tell_watchers.py",
        "WatchState.TOLD if may_still_talk(watch.customer, operator, watch.brand, at) else WatchState.CLOSED",
        "WatchState.TOLD",
        "tests/telephony/test_watches.py::test_whoever_was_blocked_behind_our_back_is_not_told_either",
    ),
    (
        "The phone of who waits is called at a price they never saw",
        "telephony/services/tell_watchers.py",
        "    if until <= clock.now() or costs_more(watch.operator, rate=rate, fee=fee):\n",
        "    if until <= clock.now():\n",
        "tests/telephony/test_watches.py::test_the_phone_is_not_called_when_it_is_free",
    ),
    (
        "Watches of one customer have no end to their number",
        "telephony/services/watch_operator.py",
        "    if open_watches(at).filter(customer=customer.pk).count() >= MOST_WATCHES:\n",
        "    if False:\n",
        "tests/telephony/test_watches.py::test_who_can_be_waited_for",
    ),
    (
        "A callback is offered to a customer who was blocked since",
        "telephony/services/offer_callback.py",
        "    if not may_still_talk(request.customer, request.operator, request.brand, at):\n",
        "    if False:\n",
        "tests/telephony/test_callbacks.py::test_whoever_was_blocked_behind_our_back_is_not_offered_anything",
    ),
    (
        "Who was offered a callback loses it to another caller",
        "telephony/services/end_waiting.py",
        "    for request in list(others):\n",
        "    for request in []:\n",
        "tests/telephony/test_callbacks.py::test_an_ordinary_caller_takes_her_first_and_who_was_offered_waits_on",
    ),
    (
        "An operator writes as often in a row as she likes",
        "messaging/first_contact.py",
        "    return last.count() >= MOST_UNANSWERED\n",
        "    return False\n",
        "tests/messaging/test_first_contact.py::test_three_in_a_row_since_the_customers_own_text_or_call",
    ),
    (
        "A first word of an operator goes out by SMS",
        "messaging/services/append.py",
        "    if not is_unprompted:\n",
        "    if True:\n",
        "tests/messaging/test_first_contact.py::test_never_by_sms_and_the_notice_comes_though_the_phone_takes_alerts",
    ),
)
