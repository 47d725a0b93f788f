"""Known defects of card payments and refunds by rule, for `tools.mutation_check`."""

DEFECTS = (
    (
        "A card payment is credited whatever amount, currency, and account the processor names",
        "billing/services/check_payment.py",
        "problem = _problem(payment, charge)",
        "problem = PaymentProblem.NONE",
        "tests/billing/test_payments.py::test_another_charge_than_ours_credits_nothing",
    ),
    (
        "An older answer of a processor takes away what a newer one said",
        "billing/charges.py",
        "max(mine, theirs) for mine, theirs",
        "theirs for mine, theirs",
        "tests/billing/test_payments.py::test_every_subset_and_order_of_events_comes_to_the_processors_own_state",
    ),
    (
        "A saved card is charged again when the answer was lost",
        "billing/services/charge_saved_card.py",
        "state=PaymentState.UNKNOWN, sent_at=None",
        "state=PaymentState.UNKNOWN",
        "tests/billing/test_payments.py::test_a_charge_cut_off_after_it_was_sent_is_one_charge",
    ),
    (
        "A charge without an answer keeps no other from starting",
        "billing/payment_rules.py",
        "if Payment.objects.filter(customer=customer, state=PaymentState.UNKNOWN).exists():",
        "if False:",
        "tests/billing/test_payments.py::test_a_charge_cut_off_after_it_was_sent_is_one_charge",
    ),
    (
        "What is in dispute can be spent",
        "billing/budget.py",
        "is_frozen = wallet.overdraft_minor > 0",
        "is_frozen = False",
        "tests/billing/test_payments.py::test_a_chargeback_of_spent_money_freezes_the_wallet_below_zero",
    ),
    (
        "Declines close the cards of one account, not of the person",
        "billing/payment_rules.py",
        "(payments, rules.declines_per_person)",
        "(payments.none(), rules.declines_per_person)",
        "tests/billing/test_payments.py::test_three_declines_close_the_page_for_a_day",
    ),
    (
        "A dispute that is won brings back paid money alone",
        "billing/payment_postings.py",
        "Side(amount_minor, account_id=wallet_id, funds=Funds.RESTORE)",
        "Side(amount_minor, account_id=wallet_id)",
        "tests/billing/test_pay_back.py::test_a_dispute_that_is_won_brings_back_the_kinds_of_money_that_went",
    ),
    (
        "Faults give back without an end",
        "billing/services/refund_by_rule.py",
        "conf.fault_refunds_week_minor()",
        "10**9",
        "tests/telephony/test_fault_refunds.py::test_up_to_a_sum_a_week",
    ),
    (
        "What a job defers begins before the rows are committed",
        "core/worker.py",
        "connector.get_sync_connector = lambda: ours",
        "_ = lambda: ours",
        "tests/core/test_worker.py::test_what_a_job_defers_belongs_to_the_transaction_of_its_rows",
    ),
)
