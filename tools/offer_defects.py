"""Known defects of offers, of access, and of free minutes that cover the fee, for `tools.mutation_check`."""

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
)
