"""The sandbox processor, which stands for somebody else's site: one page, and nothing that all of ours share."""

from django.urls import path

from billing.gateways.sandbox.views import pay, refuse

urlpatterns = [path("", pay, name="sandbox-payment")]

handler400 = handler403 = handler404 = refuse
handler500 = "billing.gateways.sandbox.views.fail"
