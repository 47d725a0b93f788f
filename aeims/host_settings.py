"""Which host shows which site (`aeims.hosts`). A brand's hosts are rows, accepted while it is active.

`aeims.settings` takes each by its name.
"""

from aeims.environment import IS_PRODUCTION, env

PORTAL_HOSTS = env.list(
    "AEIMS_PORTAL_HOSTS", default=["portal.localhost", "sexacomms.com", "www.sexacomms.com"]
)
ADMIN_HOSTS = env.list("AEIMS_ADMIN_HOSTS", default=["admin.localhost"])
INTERNAL_HOSTS = env.list("AEIMS_INTERNAL_HOSTS", default=["localhost", "127.0.0.1", "::1", "web"])
SANDBOX_HOSTS = env.list("AEIMS_SANDBOX_HOSTS", default=[] if IS_PRODUCTION else ["pay.localhost"])
ALLOWED_HOSTS = [
    *PORTAL_HOSTS,
    *ADMIN_HOSTS,
    *SANDBOX_HOSTS,
    *(f"[{host}]" if ":" in host else host for host in INTERNAL_HOSTS),
]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
