"""Known defects of what posts to the ledger and of what it is given, for `tools.mutation_check`."""

_ROWS = "billing/ledger/sql/ledger_post_rows.sql"
_TESTS = "tests/billing/test_posting_rows.py"

DEFECTS = (
    (
        "Of two sales of a call only the last one is earned",
        _ROWS,
        "earned[last] := earned[last] + moved[i];",
        "earned[last] := moved[i];",
        f"{_TESTS}::test_what_several_sales_earn_is_summed_up_in_the_day_and_the_quarter_hours",
    ),
    (
        "Of two sales of a call only the last one is in the quarter hour",
        _ROWS,
        "sums[last] := sums[last] + moved[i];",
        "sums[last] := moved[i];",
        f"{_TESTS}::test_what_several_sales_earn_is_summed_up_in_the_day_and_the_quarter_hours",
    ),
    (
        "A wallet's promotional money is overlooked",
        _ROWS,
        "OR promo_minor = 0 AND NOT has_funds",
        "OR NOT has_funds",
        f"{_TESTS}::test_promotional_money_goes_first_also_in_several_sales_at_once",
    ),
    (
        "A posting is told from another by its key alone",
        _ROWS,
        "AND t.fingerprint = b.fingerprint AND t.id",
        "AND t.id",
        "tests/billing/test_ledger_guards.py::test_a_key_used_for_something_else_is_a_conflict",
    ),
    (
        "A transaction goes in without its entries if others have some",
        _ROWS,
        "    IF last <> asked THEN\n",
        "    IF last = 0 AND asked > 0 THEN\n",
        f"{_TESTS}::test_a_transaction_without_entries_is_refused_wherever_it_stands",
    ),
    (
        "A posting is another one in arrays than it was in JSON",
        "billing/ledger/rows.py",
        "ensure_ascii=False",
        "ensure_ascii=True",
        f"{_TESTS}::test_what_was_posted_as_json_is_repeated_as_arrays_and_the_other_way_round",
    ),
    (
        "A quotation mark ends a text early",
        "billing/ledger/rows.py",
        """.replace('"', '\\\\"')""",
        "",
        f"{_TESTS}::test_texts_of_all_sorts_are_posted_as_they_are",
    ),
    (
        "A settlement goes in though what was held has changed",
        "billing/sql/billing_end_authorization.sql",
        "       AND a.held_minor = held\n",
        "",
        f"{_TESTS}::test_a_settlement_computed_on_another_grant_or_hold_does_nothing",
    ),
)
