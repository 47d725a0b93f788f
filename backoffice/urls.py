"""Addresses of staff pages that need several domains."""

from django.urls import path

from backoffice import views

app_name = "backoffice"

urlpatterns = [
    path("live-calls/", views.live_calls, name="live-calls"),
    path("live-calls/<str:call_id>/hang-up/", views.hang_up, name="hang-up"),
]
