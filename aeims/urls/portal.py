"""The operators' site."""

from django.urls import include, path

from aeims.applicant_views import ApplicantSignUp
from aeims.urls import common
from aeims.urls.common import handler400, handler403, handler404, handler500  # noqa: F401

urlpatterns = [
    # In the place of the customers' own: no birthday, no terms of a brand.
    path("accounts/signup/", ApplicantSignUp.as_view(), name="account_signup"),
    *common.urlpatterns,
    path("", include("portal.urls")),
]
