"""How allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from aeims.hosts import Site


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Who may sign up, and where people land after logging in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by staff until the sign-up pages (age, consent, phone) exist."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Everybody lands on the first page of the site they logged in to."""
        return "/" if getattr(request, "site", None) is not Site.BRAND else "/operators/"
