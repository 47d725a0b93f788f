"""On every site: the API, accounts, health, dark or light."""

from django.urls import URLPattern, URLResolver, include, path

from aeims import health
from storefront.views import scheme

handler400 = "storefront.errors.bad_request"
handler403 = "storefront.errors.forbidden"
handler404 = "storefront.errors.not_found"
handler500 = "storefront.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("accounts/", include("allauth.urls")),
    path("api/", include("aeims.urls.api")),
    path("scheme/", scheme, name="scheme"),
]
