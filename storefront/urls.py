"""Addresses of the customer sites."""

from django.conf import settings
from django.urls import URLPattern, path

from customers.states import ConsentKind
from storefront import (
    activity_views,
    call_cap_views,
    call_views,
    case_views,
    complaint_views,
    directory_views,
    funds_views,
    gallery,
    live_views,
    message_views,
    offer_views,
    old_addresses,
    rating_views,
    reserve_views,
    tip_views,
    views,
)
from storefront.accounts import (
    access_views,
    account_views,
    agreement_views,
    data_views,
    erasure_views,
    limit_views,
    notification_views,
    phone_views,
)
from web import age_gate, brand_image_views

HELP_PAGES = ("safety", "funds")
LEGAL_PAGES = {
    "pricing": ConsentKind.PRICES,
    "privacy": ConsentKind.PRIVACY,
    "terms": ConsentKind.TERMS,
}

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("enter/", age_gate.enter, name="enter"),
    path("leave/", age_gate.leave, name="leave"),
    path("operators/", directory_views.directory, name="directory"),
    path("operators/<slug:slug>/", views.operator, name="operator"),
    path("operators/<slug:slug>/reserve/", reserve_views.reserve, name="reserve-operator"),
    path("reservation/release/", reserve_views.release, name="release-operator"),
    path("operators/<slug:slug>/favourite/", directory_views.favourite, name="favourite"),
    path("operators/<slug:slug>/call/", call_views.call, name="call"),
    path("live/", live_views.live, name="live"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("activity/", activity_views.activity, name="activity"),
    path("activity.csv", activity_views.activity_csv, name="activity-csv"),
    path("activity/<str:number>/", activity_views.receipt, name="activity-receipt"),
    path("calls/", activity_views.calls, name="calls"),
    path("calls/<str:call_id>/", views.receipt, name="receipt"),
    path("calls/<str:call_id>/hide/", call_views.hide, name="hide"),
    path("calls/<str:call_id>/end/", call_cap_views.cap_page, name="cap-call"),
    path("calls/<str:call_id>/tip/", tip_views.tip_page, name="tip"),
    path("calls/<str:call_id>/hangup/", call_views.hang_up, name="hang-up"),
    path("cases/", case_views.cases, name="cases"),
    path("cases/new/<str:number>/", case_views.new_case, name="case-new"),
    path("cases/<str:number>/", case_views.case_page, name="case"),
    path("cases/<str:number>/appeal/", case_views.appeal, name="case-appeal"),
    path("complaints/", complaint_views.complaints, name="complaints"),
    path("complaints/<str:number>/<str:token>/", complaint_views.complaint, name="complaint"),
    path("complaints/<str:number>/<str:token>/appeal/", complaint_views.appeal, name="complaint-appeal"),
    path("ratings/", rating_views.rate, name="rate"),
    path("messages/", message_views.conversations, name="conversations"),
    path("messages/<slug:slug>/", message_views.conversation_page, name="conversation"),
    path(
        "messages/<slug:slug>/messages/",
        message_views.conversation_messages,
        name="conversation-messages",
    ),
    path("messages/<slug:slug>/block/", message_views.block, name="conversation-block"),
    path("messages/<slug:slug>/sms/", message_views.by_sms, name="conversation-sms"),
    path("messages/<slug:slug>/report/", message_views.report, name="conversation-report"),
    path("alerts/", message_views.alerts, name="alerts"),
    path("help/", views.help_page, name="help"),
    *(path(f"help/{page}/", views.help_page, {"page": page}, name=f"help-{page}") for page in HELP_PAGES),
    *(
        path(f"help/{page}/", views.legal_page, {"kind": kind}, name=f"help-{page}")
        for page, kind in LEGAL_PAGES.items()
    ),
    path("funds/", funds_views.funds, name="funds"),
    path("funds/request/", funds_views.ask_staff, name="funds-request"),
    path("funds/code/", offer_views.offer_code, name="offer-code"),
    path("funds/back/", funds_views.pay_back_page, name="pay-back"),
    path("funds/<uuid:public_id>/", funds_views.payment, name="payment"),
    path("account/", account_views.account, name="account"),
    path("account/access/", access_views.access, name="access"),
    path("account/access/code/", access_views.access_code, name="access-code"),
    path("account/agreements/", agreement_views.agreements, name="agreements"),
    path("account/limits/", limit_views.limits, name="limits"),
    path("account/limits/amounts/", limit_views.set_limits, name="set-limits"),
    path("account/limits/exclusion/", limit_views.exclude, name="self-exclusion"),
    path("account/limits/break/", limit_views.pause, name="break"),
    path("account/close/", limit_views.close, name="close"),
    path("account/data/", data_views.data, name="data"),
    path("account/data/<str:reference>/", data_views.download, name="data-download"),
    path("account/erase/", erasure_views.erase, name="erase"),
    path("account/erase/undo/", erasure_views.keep, name="erase-undo"),
    path("account/notifications/", notification_views.notifications, name="notifications"),
    path("emails/off/<str:token>/", notification_views.mail_off, name="mail-off"),
    path("account/phones/", phone_views.phones, name="phones"),
    path("account/phones/code/<str:reference>/", phone_views.code, name="phone-code"),
    path("account/phones/<int:phone_id>/verify/", phone_views.verify_again, name="phone-verify"),
    path("account/phones/<int:phone_id>/ring/", phone_views.ring_this, name="phone-ring"),
    path("account/phones/<int:phone_id>/remove/", phone_views.remove, name="phone-remove"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("icon-<int:size>.png", brand_image_views.icon, name="brand-icon"),
    path("card.png", brand_image_views.card, name="brand-card"),
    *old_addresses.urlpatterns,
]
if not settings.IS_PRODUCTION:
    urlpatterns += [path("_gallery/", gallery.gallery, name="gallery")]
