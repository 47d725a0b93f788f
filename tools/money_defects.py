"""Known defects of refunds, limits, and the end of calls, for `tools.mutation_check`."""

DEFECTS = (
    (
        "The day of a daily limit begins at midnight UTC",
        "customers/limit_days.py",
        "return calendar_period(at, LimitPeriod.DAY, time_zone)\n    last_",
        'return calendar_period(at, LimitPeriod.DAY, "UTC")\n    last_',
        "tests/billing/test_limit_day.py::test_the_refusal_counts_the_hours_of_the_day_as_it_is",
    ),
    (
        "A call is charged to when its end was reported, not to when they parted",
        "telephony/services/handle_event.py",
        "round(((fact.span.left_at or ts) - joined_at) * 1000)",
        "round((ts - joined_at) * 1000)",
        "tests/telephony/test_left_at.py::test_a_call_whose_end_was_reported_late_is_charged_to_the_moment_they_parted",
    ),
    (
        "A payout does not lock what is owed",
        "billing/services/record_payout.py",
        "accounts.locked(payable_id)",
        "accounts.Account.objects.get(pk=payable_id)",
        "tests/billing/test_staff_races.py::test_two_payouts_of_all_that_is_owed_are_one",
    ),
    (
        "A request for funds is answered without its lock",
        "billing/services/request_funds.py",
        'FundsRequest.objects.select_for_update(of=("self",))',
        "FundsRequest.objects",
        "tests/billing/test_staff_races.py::test_a_request_for_funds_is_answered_once",
    ),
    (
        "Other customers' failed attempts keep somebody from calling",
        "telephony/initiate_reads.py",
        "    pk__in=_NEWEST[:_ATTEMPTS_AMONG],\n",
        "",
        "tests/api/test_initiate.py::test_after_three_attempts_in_ten_minutes_a_customer_waits_until_the_first_is_old",
    ),
    (
        "A phone that was the operator's once is a stranger's",
        "operators/contact_reads.py",
        '        OperatorPhone.objects.filter(operator__user=_OTHER_USER).values("phone_number"),\n',
        "",
        "tests/operators/test_one_person.py::test_nobody_calls_or_texts_themselves",
    ),
    (
        "A customer on a break may write",
        "operators/eligibility.py",
        "return Obstacle.TAKING_A_BREAK if customer.is_paused(at) else None",
        "return None",
        "tests/messaging/test_send.py::test_who_takes_a_break_or_closed_the_account_cannot_write",
    ),
    (
        "What was clawed back so far is forgotten",
        "billing/refundable.py",
        "shared_minor = sum(self._shared(gift.amount_minor, gift.tax_minor) for gift in past)",
        "shared_minor = 0",
        (
            "tests/billing/test_refund_and_correction.py"
            "::test_refunds_whose_parts_round_to_nothing_leave_the_operator_nothing_either"
        ),
    ),
    (
        "A refund does not know of the correction before it",
        "billing/refundable.py",
        "amounts = corrected(amounts, change)",
        "amounts = list(amounts)",
        (
            "tests/billing/test_refund_and_correction.py"
            "::test_a_call_corrected_first_is_refunded_by_what_it_came_to"
        ),
    ),
    (
        "A call refunded in full is charged again when it turns out longer",
        "billing/refundable.py",
        "if self.is_refunded_in_full and amount_minor > self.refunded_minor:",
        "if False:",
        (
            "tests/billing/test_refund_and_correction.py"
            "::test_a_call_refunded_in_full_is_not_charged_again_when_it_turns_out_longer"
        ),
    ),
    (
        "The audit does not compare what was given back with what was paid",
        "billing/auditing/refunds.py",
        "WHERE given_back > paid OR given_back < 0 OR operator < 0",
        "WHERE given_back < 0 OR operator < 0",
        (
            "tests/billing/test_refund_and_correction.py"
            "::test_the_audit_names_a_call_of_which_more_was_given_back_than_was_paid"
        ),
    ),
    (
        "A text that got through speaks for those before it",
        "messaging/services/sms_status.py",
        "        if state not in FINAL_SMS_STATES:\n            break\n",
        "",
        "tests/messaging/test_sms.py::test_a_text_that_did_not_arrive_is_given_back_though_a_later_one_did",
    ),
    (
        "A repeated charge for one text is judged by what is left now",
        "billing/services/charge_message.py",
        "    if earlier is not None:\n        charge",
        "    if earlier is not None and wallet.available_minor >= price_minor:\n        charge",
        "tests/billing/test_charge_message.py::test_a_repeat_is_answered_as_the_first_time_though_the_money_is_gone",
    ),
    (
        "A grace may be longer than the first block of talk",
        "billing/checks.py",
        '(0 <= billing["GRACE_SECONDS"] <= first,',
        '(0 <= billing["GRACE_SECONDS"],',
        "tests/billing/test_sound_settings.py::test_an_unsound_setting_is_an_error_and_no_server_starts",
    ),
    (
        "Each change of time zone begins a new day of the limit",
        "customers/services/profile.py",
        "limit_zone = row.limit_time_zone if is_kept else before",
        "limit_zone = time_zone",
        "tests/billing/test_limit_day.py::test_a_change_of_time_zone_brings_no_second_day",
    ),
    (
        "A change of time zone begins a new week of the limit",
        "customers/services/profile.py",
        "limit.kept_from, limit.kept_until = running.begins_at, running.ends_at",
        "limit.kept_from, limit.kept_until = None, None",
        "tests/billing/test_limits.py::test_moving_brings_no_second_week",
    ),
    (
        "The amount chosen for one call bounds no grant",
        "billing/budget.py",
        "    if cap_minor is not None:\n",
        "    if False:\n",
        "tests/telephony/test_call_caps.py::test_an_amount_shortens_the_call_and_adding_funds_lengthens_nothing",
    ),
    (
        "The adapter lets a call go on past the end time chosen for it",
        "telephony/adapter/grants.py",
        "return self.total if self.ends is None else min(self.total, self.ends)",
        "return self.total",
        "tests/adapter/test_grants.py::test_a_chosen_end_beyond_the_grant_waits_for_it",
    ),
    (
        "Self-exclusion does not follow to an account with the same phone",
        "customers/services/follow_person.py",
        '("excluded_until", "customer.exclusion_goes_on")',
        '("paused_until", "customer.exclusion_goes_on")',
        "tests/billing/test_self_exclusion.py::test_it_follows_to_a_new_account_with_the_same_phone",
    ),
    (
        "A limit on minutes does not count the call that runs",
        "billing/spending_limit.py",
        "o.state = 'open'",
        "o.state = 'settled' AND false",
        "tests/billing/test_limits.py::test_granted_time_of_a_running_call_counts_as_talked_for_others_alone",
    ),
    (
        "A posting replaces the sum of its quarter hour",
        "billing/ledger/sql/ledger_post_rows.sql",
        "SET amount_minor = known.amount_minor + excluded.amount_minor",
        "SET amount_minor = excluded.amount_minor",
        "tests/billing/test_quarter_hours.py::test_sales_refunds_and_what_is_paid_in_are_counted_where_they_belong",
    ),
    (
        "An account is recounted while others post to it",
        "billing/ledger/sql/ledger_recount_quarter_hours.sql",
        "\n       FOR NO KEY UPDATE;",
        ";",
        "tests/billing/test_quarter_hours.py::test_who_counts_waits_for_who_posts_and_misses_nothing",
    ),
    (
        "History is counted while those who don't count still post",
        "billing/ledger/migrations/0023_count_quarter_hours.py",
        "        _wait(cursor)\n        last = 0",
        "        last = 0",
        "tests/billing/test_quarter_hours.py::test_a_transaction_of_before_is_waited_for",
    ),
    (
        "The audit passes over sums by quarter hour",
        "billing/auditing/days.py",
        "WHERE coalesce(kept.amount_minor, 0) <> coalesce(counted.minor, 0)",
        "WHERE false",
        "tests/billing/test_audit.py::test_one_thing_out_of_place_is_found_and_named",
    ),
    (
        "What is spent begins a quarter of an hour early",
        "billing/spending_limit.py",
        "q.begins_at >= w.since\n",
        "q.begins_at >= w.since - interval '15 minutes'\n",
        "tests/billing/test_roll_ups_at_random.py::test_what_is_sold_just_before_midnight_is_of_the_day_before",
    ),
    (
        "Of two midnights in one night the second begins the day",
        "core/days.py",
        "datetime.combine(day, time(), tzinfo=zone)",
        "datetime.combine(day, time(fold=1), tzinfo=zone)",
        "tests/core/test_days.py::test_a_day_with_two_midnights_begins_at_the_first_and_is_25_hours_long",
    ),
    (
        "Free minutes end at midnight UTC",
        "billing/staff_input.py",
        "return end_of_date(day, time_zone)",
        'return end_of_date(day, "UTC")',
        "tests/billing/test_staff.py::test_an_expiry_is_a_span_a_day_or_a_moment",
    ),
    (
        "Calls that failed by others' doing count against the customer",
        "telephony/initiate_reads.py",
        "    end_reason__in=caused_by(Cause.CUSTOMER),\n",
        "",
        "tests/api/test_initiate.py::test_only_what_the_customer_caused_counts",
    ),
    (
        "A suspension reaches the running call only at its next question",
        "telephony/services/extend_live_call.py",
        "@operator_working_changed.listener\n",
        "",
        (
            "tests/telephony/test_grants.py"
            "::test_a_suspension_or_a_brand_switched_off_reaches_the_running_call_at_once_and_both_pages"
        ),
    ),
    (
        "The audit takes the refund of a call that its correction charged for one of nothing",
        "billing/auditing/postings.py",
        "AND (s.kind = ANY(%(sales)s) OR (s.kind = 'adjustment' AND s.reverses_id IS NULL))",
        "AND s.kind = ANY(%(sales)s)",
        (
            "tests/billing/test_refund_and_correction.py"
            "::test_a_call_that_only_its_correction_charged_is_refunded_and_the_audit_knows"
        ),
    ),
    (
        "A payment through CCBill is credited though no answer names its amount",
        "billing/gateways/ccbill/sale.py",
        "return payment.amount_minor if sale.status.amount_minor == payment.amount_minor else None",
        "return payment.amount_minor",
        "tests/billing/test_ccbill.py::test_a_cheaper_form_of_ours_does_not_pay_for_a_dearer_payment",
    ),
    (
        "A sale that CCBill's webhook reports needs no digest",
        "billing/gateways/ccbill/notices.py",
        "if event.name == SALE or (given",
        "if (given",
        "tests/billing/test_ccbill.py::test_a_post_that_is_not_of_our_sale_is_forged",
    ),
    (
        "Every process asks a card processor for its list",
        "billing/services/read_report.py",
        "if not due.update(asked_at=at):",
        "if due.update(asked_at=at) < 0:",
        "tests/billing/test_ccbill.py::test_of_many_processes_one_asks_for_the_report",
    ),
    (
        "The balance and the limit of a tip are asked for it without its tax",
        "billing/services/tip.py",
        "require(price.charged_minor,",
        "require(price.net_minor,",
        "tests/billing/test_tax_on_tips.py::test_neither_the_balance_nor_the_daily_limit_is_exceeded_by_the_tax",
    ),
    (
        "A refund takes the operator's part of tax, too",
        "billing/refundable.py",
        "return amount_minor - tax_minor if is_paid_in_full else amount_minor",
        "return amount_minor",
        "tests/billing/test_tax_on_tips.py::test_steps_of_a_refund_add_up_and_none_moves_a_cent_the_wrong_way",
    ),
)
