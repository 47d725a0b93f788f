"""Addresses of staff pages that need several domains."""

from django.urls import path

from backoffice import (
    balance_views,
    correction_views,
    customer_views,
    funds_views,
    live_views,
    notice_views,
    photo_views,
    profile_views,
    transaction_views,
    trial_balance_views,
)

app_name = "backoffice"

urlpatterns = [
    path("live-calls/", live_views.live_calls, name="live-calls"),
    path("live-calls/state/", live_views.live, name="live"),
    path("live-calls/<str:call_id>/hang-up/", live_views.hang_up, name="hang-up"),
    path("transactions/", transaction_views.transaction_list, name="transactions"),
    path("transactions.csv", transaction_views.transaction_csv, name="transactions-csv"),
    path("transactions/<int:number>/", transaction_views.transaction_page, name="transaction"),
    path("transactions/<int:number>/refund/", transaction_views.refund, name="refund"),
    path("funds/", funds_views.queue, name="funds"),
    path("funds/<int:number>/answer/", funds_views.answer, name="funds-answer"),
    path("funds/<int:number>/credit/", funds_views.credit, name="funds-credit"),
    path("funds/<int:number>/decline/", funds_views.decline, name="funds-decline"),
    path("corrections/", correction_views.queue, name="corrections"),
    path("corrections/<int:number>/approve/", correction_views.approve, name="correction-approve"),
    path("corrections/<int:number>/decline/", correction_views.decline, name="correction-decline"),
    path("balances/", balance_views.queue, name="balances"),
    path("balances/<int:number>/pay-back/", balance_views.pay_back, name="pay-back"),
    path("mail/", notice_views.log, name="notices"),
    path("mail/<int:number>/send-again/", notice_views.retry, name="notice-retry"),
    path("photos/", photo_views.queue, name="photos"),
    path("photos/<int:number>/approve/", photo_views.approve, name="photo-approve"),
    path("photos/<int:number>/refuse/", photo_views.refuse, name="photo-refuse"),
    path("operators/<int:number>/photo/remove/", photo_views.remove, name="photo-remove"),
    path("customers/<int:number>/", profile_views.customer, name="customer"),
    path("customers/<int:number>/reopen/", customer_views.reopen, name="reopen"),
    path("customers/<int:number>/access-basis/", customer_views.access_basis, name="access-basis"),
    path("free-minutes/<int:number>/revoke/", profile_views.revoke_package, name="revoke-free-minutes"),
    path("operators/<int:number>/", profile_views.operator, name="operator"),
    path("operators/<int:number>/standing/", profile_views.standing, name="standing"),
    path("operators/<int:number>/allow-phone/", profile_views.allow_phone, name="allow-phone"),
    path("operators/<int:number>/payout/", profile_views.payout, name="payout"),
    path("operators/<int:number>/number/", profile_views.reveal_operator_phone, name="operator-number"),
    path("phones/<int:number>/", profile_views.reveal_phone, name="number"),
    path("phones/<int:number>/verify/", profile_views.verify_phone, name="verify-phone"),
    path("conversations/<int:number>/", profile_views.read_conversation, name="conversation"),
    path("ratings/<int:number>/", profile_views.moderate, name="rating"),
    path("trial-balance/", trial_balance_views.trial_balance, name="trial-balance"),
    path("journal.csv", trial_balance_views.journal_csv, name="journal"),
]
