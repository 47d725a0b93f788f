"""Known defects of what comes back into the books after a restore, for `tools.mutation_check`."""

_CALLS, _PAYMENTS = "tests/telephony/test_restore_calls.py::", "tests/billing/test_restore_payments.py::"

DEFECTS = (
    (
        "After a restore a call that ran is billed for what the books knew of its grant",
        "billing/services/restore_authorization.py",
        "granted = max(authorization.granted_seconds, min(granted_seconds, authorization.cap_seconds))",
        "granted = authorization.granted_seconds",
        _CALLS + "test_a_call_that_ran_at_that_moment_is_billed_for_what_it_was_granted_since",
    ),
    (
        "After a restore the operator goes unpaid where the wallet is empty",
        "billing/services/restore_authorization.py",
        "    if lacking:\n",
        "    if False:\n",
        _CALLS + "test_what_the_wallet_cannot_pay_the_platform_bears_and_the_operator_is_paid",
    ),
    (
        "After a restore the hold of a call does not pay for it",
        "billing/services/restore_authorization.py",
        "wallet.available_minor + authorization.held_minor",
        "wallet.available_minor",
        _CALLS + "test_a_hold_of_a_call_that_ran_pays_for_it_first",
    ),
    (
        "What the platform bore of a call is refunded to its customer",
        "billing/refundable.py",
        "if borne and amounts:",
        "if False:",
        _CALLS + "test_a_refund_of_it_returns_what_was_paid_and_no_more",
    ),
    (
        "A correction gives back what the platform bore of a call",
        "billing/services/adjust_settlement.py",
        "if change_net < 0:  # what the platform bore",
        "if False:  # what the platform bore",
        _CALLS + "test_a_correction_of_it_returns_first_what_the_platform_bore",
    ),
    (
        "After a restore a new customer pays for the call of one who is lost",
        "telephony/services/restore_calls.py",
        "pk=terms.customer_id, user__date_joined__lte=at",
        "pk=terms.customer_id",
        _CALLS + "test_whoever_has_the_id_of_a_lost_customer_by_now_does_not_pay",
    ),
    (
        "A token of another purpose is taken for terms of a call",
        "core/encryption.py",
        'f"aeims {purpose}\\0{key}"',
        'f"aeims encryption\\0{key}"',
        _CALLS + "test_a_token_of_another_purpose_is_none",
    ),
    (
        "A number of a payment that is chance names a customer",
        "billing/payment_numbers.py",
        "if customer_id and rest % _ZEROS == 0:",
        "if customer_id:",
        _PAYMENTS + "test_a_number_of_chance_names_nobody",
    ),
    (
        "A payment that only the processor knows stays unknown after a restore",
        "billing/services/read_report.py",
        "payment = payment or payment_made_again(gateway_name, line)",
        "payment = payment",
        _PAYMENTS + "test_a_payment_that_the_books_have_never_seen_is_credited_once",
    ),
    (
        "After a restore ids are given out again",
        "core/sql/core_skip_ids.sql",
        "numbering.last + skipped)",
        "greatest(numbering.last, 1))",
        "tests/backoffice/test_after_restore.py::test_ids_that_were_given_out_are_left_out_once",
    ),
    (
        "After a restore calls come before the payments that pay for them",
        "backoffice/after_restore.py",
        "    for payment in restore_payments(since=since - MARGIN):\n",
        "    list(restore_calls(since=since - MARGIN))\n    for payment in restore_payments(since=since - MARGIN):\n",
        "tests/backoffice/test_after_restore.py::test_a_load_since_pays_for_a_call_since_and_a_second_run_changes_nothing",
    ),
)
