"""Known defects of operators' own links and the larger share, for `tools.mutation_check`."""

_SHARES = "tests/billing/test_referral_shares.py::"

DEFECTS = (
    (
        "A referral counts beyond its twelve months",
        "operators/referrals.py",
        "created_at__lte=at, ends_at__gt=at",
        "created_at__lte=at",
        f"{_SHARES}test_it_counts_to_the_last_second_of_the_twelve_months",
    ),
    (
        "Twelve months from 29 February are a day short",
        "operators/referrals.py",
        "month=3, day=1)",
        "month=2, day=28)",
        f"{_SHARES}test_twelve_months_end_on_the_same_day_of_the_next_year",
    ),
    (
        "Whoever came through any link pays everybody the larger share",
        "operators/referrals.py",
        "customer=customer, operator=operator, created_at",
        "customer=customer, created_at",
        f"{_SHARES}test_of_another_operators_link_nobody_has_more",
    ),
    (
        "An operator's second account pays them the larger share",
        "operators/referrals.py",
        "in_force.exists() and link_of(customer, operator) is None",
        "in_force.exists()",
        f"{_SHARES}test_one_who_turns_out_to_be_the_operator_pays_no_larger_share",
    ),
    (
        "The larger share of a call is not frozen with its terms",
        "billing/services/authorize.py",
        "tariff_for(operator, tax, share=share)",
        "tariff_for(operator, tax)",
        f"{_SHARES}test_a_share_that_staff_change_in_mid_call_changes_nothing_of_it",
    ),
    (
        "A text is split by the ordinary share, whoever wrote it",
        "billing/services/charge_message.py",
        "split(price.net_minor, share.bps)",
        "split(price.net_minor, operator.share_bps)",
        f"{_SHARES}test_a_call_a_text_and_a_tip_are_split_by_the_larger_share",
    ),
    (
        "It is not kept that a tip was split by the larger share",
        "billing/services/tip.py",
        "    keep_share(share, posted.transaction_id)\n",
        "",
        f"{_SHARES}test_a_call_a_text_and_a_tip_are_split_by_the_larger_share",
    ),
    (
        "The audit asks for no referral behind a larger share",
        "billing/auditing/referrals.py",
        'OR NOT EXISTS ({_IN_FORCE.format(row="a")})',
        "OR false",
        f"{_SHARES}test_the_audit_names_a_larger_share_without_a_referral_in_force",
    ),
    (
        "The last link that was opened counts, not the first",
        "storefront/first_touch.py",
        "    if first_touch_of(request) is not None:\n        return\n",
        "",
        "tests/storefront/test_own_link.py::test_the_first_link_counts_and_another_one_changes_nothing",
    ),
)
