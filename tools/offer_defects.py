"""Known defects of offers, of access, of free minutes that cover the fee, and of first minutes, for `tools.mutation_check`."""

DEFECTS = (
    (
        "Any free minutes of a call cover its fee, not those used first",
        "billing/free_minutes.py",
        "return chosen[0][0].fee_coverage if chosen else NOBODY",
        "return chosen[-1][0].fee_coverage if chosen else NOBODY",
        "tests/billing/test_covered_fee.py::test_the_minutes_that_are_used_first_decide_about_the_fee",
    ),
    (
        "The platform pays its free minutes at any rate",
        "billing/rating.py",
        "tariff.promo_max_rate_minor or tariff.rate_per_minute_minor",
        "tariff.rate_per_minute_minor",
        "tests/billing/test_rating.py::test_known_bills",
    ),
    (
        "The budget of an offer is read without its lock",
        "billing/services/claim_offer.py",
        "Offer.objects.select_for_update(no_key=True).get(pk=offer.pk)",
        "Offer.objects.get(pk=offer.pk)",
        "tests/billing/test_offer_races.py::test_twenty_claims_on_a_budget_for_seven_are_seven",
    ),
    (
        "What a person had from another offer of the kind is not known",
        "billing/models/offers.py",
        'return f"{self.kind}:{self.pk}" if self.kind == OfferKind.CODE else str(self.kind)',
        'return f"{self.kind}:{self.pk}"',
        (
            "tests/billing/test_offer_races.py"
            "::test_accounts_of_one_browser_have_one_welcome_between_them_whichever_offer_it_is"
        ),
    ),
    (
        "Access that staff took away comes back with a payment",
        "customers/services/access_basis.py",
        "if row.adult_access_basis or _was_taken_away(row):",
        "if row.adult_access_basis:",
        "tests/storefront/test_access.py::test_access_that_staff_took_away_comes_back_by_no_payment_and_no_code",
    ),
    (
        "An access code is anybody's who has it",
        "customers/services/access_requests.py",
        "        customer=row,\n        state=AccessRequestState.APPROVED,",
        "        state=AccessRequestState.APPROVED,",
        "tests/storefront/test_access.py::test_a_code_is_the_customers_alone_and_expires",
    ),
    (
        "The budget of first minutes is not asked for",
        "billing/first_minutes.py",
        "    return minutes_left >= operator.first_minutes\n",
        "    return True\n",
        "tests/billing/test_first_minutes.py::test_only_while_the_budget_covers_all_of_them",
    ),
    (
        "A call begins without the first minutes that were promised",
        "billing/first_minutes.py",
        "    if seconds < expected_seconds:\n",
        "    if False:\n",
        "tests/billing/test_first_minutes.py::test_who_was_promised_them_is_refused_before_the_ring_once_they_are_gone",
    ),
    (
        "First minutes come before minutes that cover the fee",
        "billing/free_minutes.py",
        "    return [others[0], *first, *others[1:]]\n",
        "    return [*first, *others]\n",
        "tests/billing/test_first_minutes.py::test_they_never_cost_the_customer_a_fee_that_other_minutes_cover",
    ),
)
