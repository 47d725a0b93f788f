"""On every site: the API, accounts, health, dark or light, pictures and greetings of operators."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from aeims import health
from operators.greeting_views import greeting
from operators.photo_views import photo
from web.session_views import end_session
from web.views import favicon, scheme

handler400 = "web.errors.bad_request"
handler403 = "web.errors.forbidden"
handler404 = "web.errors.not_found"
handler500 = "web.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("favicon.ico", favicon),
    path("accounts/sessions/<int:number>/end/", end_session, name="end-session"),
    path("accounts/", include("allauth.urls")),
    path("api/", include("aeims.urls.api")),
    path("scheme/", scheme, name="scheme"),
    re_path(
        r"^photos/(?P<digest>[0-9a-f]{32})-(?P<width>[0-9]{3})\.(?P<ending>webp|avif)$", photo, name="photo"
    ),
    re_path(r"^greetings/(?P<digest>[0-9a-f]{32})\.(?P<ending>ogg|m4a)$", greeting, name="greeting"),
]
