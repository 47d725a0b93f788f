"""The site as an app on a home screen: manifest, service worker, and what it shows without a network."""

import hashlib
import json
from functools import cache

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from web.brand_images import ICON_SIZES
from web.frame import PageFrame
from web.requests import BrandRequest

_SHELL_FILES = (
    "css/tokens.css",
    "css/themes.css",
    "css/base.css",
    "css/frame.css",
    "css/controls.css",
    "css/components.css",
)


@require_safe
@cache_control(public=True, max_age=86_400)
def manifest(request: BrandRequest) -> HttpResponse:
    """What a phone needs to put the site on its home screen, under a name that says nothing."""
    site = PageFrame(request, is_bare=True)
    name, background = request.brand.app_title, site.theme.colors.background
    icons = [
        {"src": reverse("app-icon", args=[size]), "type": "image/png", "sizes": f"{size}x{size}"}
        for size in ICON_SIZES
    ]
    document = {
        "id": reverse("home"),
        "name": name,
        "short_name": name,
        "start_url": reverse("directory"),
        "scope": reverse("home"),
        "display": "standalone",
        "background_color": background,
        "theme_color": background,
        "icons": icons,
    }
    return JsonResponse(document, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: BrandRequest) -> HttpResponse:
    """The worker of this site. Its text changes, and browsers take the new one, with what the offline page is made of."""
    shell = [reverse("offline"), *(static(name) for name in _SHELL_FILES)]
    context = {
        "version": _version(tuple(shell), request.brand.app_title, request.brand.theme),
        "static_url": settings.STATIC_URL,
        "offline_url": reverse("offline"),
        "shell": json.dumps(shell),
    }
    text = render_to_string("storefront/service_worker.js", context)
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def offline(request: BrandRequest) -> HttpResponse:
    """What an installed app shows without a network: nothing of anybody."""
    return render(request, "storefront/offline.html", {"frame": PageFrame(request, is_bare=True)})


@cache
def _version(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
