"""Addresses of the operators' site."""

from django.conf import settings
from django.urls import path
from django.views.generic import RedirectView

from portal import (
    apply_views,
    callbacks,
    console_views,
    customer_views,
    dashboard_views,
    erasure_views,
    gallery,
    greeting_views,
    held_views,
    message_views,
    missed,
    phone_call_views,
    phone_views,
    privacy_views,
    rating_views,
    settings_views,
    statement_views,
    taken_back_views,
)

app_name = "portal"

urlpatterns = [
    path("", apply_views.home, name="console"),
    path("apply/", apply_views.apply, name="apply"),
    path("apply/document/", apply_views.document, name="apply-document"),
    path("apply/tax/", apply_views.tax, name="apply-tax"),
    path("apply/submit/", apply_views.submit, name="apply-submit"),
    path("contract/", apply_views.contract, name="contract"),
    path("live/", console_views.live, name="live"),
    path("presence/", console_views.presence, name="presence"),
    path("ready/", console_views.ready, name="ready"),
    path("release/", console_views.release, name="release"),
    path("callbacks/<int:number>/call/", callbacks.call_back, name="call-back"),
    path("callbacks/<int:number>/decline/", callbacks.decline, name="callback-decline"),
    path("calls/<str:call_id>/accept/", console_views.accept, name="accept"),
    path("calls/<str:call_id>/hang-up/", console_views.hang_up, name="hang-up"),
    path("calls/<str:call_id>/note/", console_views.note, name="call-note"),
    path("calls/<str:call_id>/block/", console_views.block_caller, name="call-block"),
    path("calls/<str:call_id>/report/", console_views.report, name="call-report"),
    path("missed/", missed.missed, name="missed"),
    path("messages/", message_views.conversations, name="conversations"),
    path("messages/<int:conversation_id>/", message_views.conversation_page, name="conversation"),
    path(
        "messages/<int:conversation_id>/messages/",
        message_views.conversation_messages,
        name="conversation-messages",
    ),
    path("messages/<int:conversation_id>/block/", message_views.block, name="conversation-block"),
    path("messages/<int:conversation_id>/sms/", message_views.by_sms, name="conversation-sms"),
    path("messages/<int:conversation_id>/report/", message_views.report, name="conversation-report"),
    path("dashboard/", dashboard_views.dashboard, name="dashboard"),
    path("statement/", statement_views.statement_page, name="statement"),
    path("statement.csv", statement_views.statement_csv, name="statement-csv"),
    path("held/", held_views.held, name="held"),
    path("taken-back/", taken_back_views.taken_back, name="taken-back"),
    path("taken-back/<int:number>/contest/", taken_back_views.contest, name="taken-back-contest"),
    path("customers/", customer_views.customers, name="customers"),
    path("customers/<int:number>/", customer_views.customer, name="customer"),
    path("customers/<int:number>/note/", customer_views.note, name="customer-note"),
    path("customers/<int:number>/block/", customer_views.block, name="customer-block"),
    path("customers/<int:number>/free-minutes/", customer_views.give_minutes, name="customer-minutes"),
    path("blocked/<int:number>/unblock/", customer_views.unblock, name="unblock"),
    path("ratings/", rating_views.ratings, name="ratings"),
    path("ratings/<int:rating_id>/answer/", rating_views.answer, name="rating-answer"),
    path("data/", privacy_views.data, name="data"),
    path("data/<str:reference>/", privacy_views.download, name="data-download"),
    path("erase/", erasure_views.erase, name="erase"),
    # Pages of the system before.
    *(
        path(f"{old}.php", RedirectView.as_view(pattern_name=f"portal:{name}", permanent=True))
        for old, name in (("index", "console"), ("dashboard", "dashboard"), ("login", "console"))
    ),
    path("erase/undo/", erasure_views.keep, name="erase-undo"),
    path("privacy/", privacy_views.privacy, name="privacy"),
    path("settings/", settings_views.own_settings, name="settings"),
    path("settings/prices/", settings_views.prices, name="settings-prices"),
    path("settings/profile/", settings_views.profile, name="settings-profile"),
    path("settings/photo/", settings_views.photo, name="settings-photo"),
    path("settings/drawing/", settings_views.drawing, name="settings-drawing"),
    path("settings/photo/away/", settings_views.photo_away, name="settings-photo-away"),
    path("settings/greeting/", greeting_views.greeting, name="settings-greeting"),
    path("settings/greeting/away/", greeting_views.greeting_away, name="settings-greeting-away"),
    path("settings/greeting/call/", greeting_views.greeting_call, name="settings-greeting-call"),
    path("settings/phone/", phone_views.phone, name="settings-phone"),
    path("settings/phone/<slug:reference>/", phone_views.code, name="settings-phone-code"),
    path("settings/phones/<int:number_id>/move/", phone_views.move, name="settings-phone-move"),
    path("settings/phones/<int:number_id>/remove/", phone_views.remove, name="settings-phone-remove"),
    path("settings/phones/<int:number_id>/verify/", phone_views.verify, name="settings-phone-verify"),
    path("settings/phones/<int:number_id>/test/", phone_call_views.call_phone, name="settings-phone-call"),
    path("settings/phones/test/", phone_call_views.phone_test, name="settings-phone-test"),
    path("settings/channels/", settings_views.channels, name="settings-channels"),
    path("settings/schedule/", settings_views.schedule, name="settings-schedule"),
]
if not settings.IS_PRODUCTION:
    urlpatterns += [path("_gallery/", gallery.gallery, name="gallery")]
