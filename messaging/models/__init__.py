"""The tables of messaging, imported from here by everybody. Written by `messaging.services` alone."""

from messaging.models.conversations import BrandRules, ChatSession, Conversation, Message, ReplyWait, Report
from messaging.models.sms import PoolNumber, Sms, SmsConsent, SmsRoute

__all__ = [
    "BrandRules",
    "ChatSession",
    "Conversation",
    "Message",
    "PoolNumber",
    "ReplyWait",
    "Report",
    "Sms",
    "SmsConsent",
    "SmsRoute",
]
