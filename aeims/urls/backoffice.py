"""The staff's site: Django's admin at the root."""

from django.contrib import admin
from django.urls import include, path

from aeims.urls import common
from aeims.urls.common import handler400, handler403, handler404, handler500  # noqa: F401

urlpatterns = [
    *common.urlpatterns,
    path("backoffice/", include("backoffice.urls")),
    path("", admin.site.urls),
]
