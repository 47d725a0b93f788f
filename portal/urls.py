"""Addresses of the operators' site."""

from django.urls import path

from portal import views

app_name = "portal"

urlpatterns = [
    path("", views.console, name="console"),
    path("presence/", views.presence, name="presence"),
    path("calls/<str:call_id>/accept/", views.accept, name="accept"),
    path("calls/<str:call_id>/hang-up/", views.hang_up, name="hang-up"),
]
