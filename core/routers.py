"""How viewsets become addresses: DRF's router with the names that pages reverse (`api-calls`, `api-initiate`)."""

from rest_framework.routers import DynamicRoute, Route, SimpleRouter


class ApiRouter(SimpleRouter):
    """Register with `basename="api-<resource>"`: its list is `api-<resource>s`, one of them `api-<resource>`, and an
    action `api-<url_name>`. Only reading addresses by id; what is done has an address of its own.
    """

    routes = [
        Route(
            url="{prefix}{trailing_slash}",
            mapping={"get": "list"},
            name="{basename}s",
            detail=False,
            initkwargs={},
        ),
        DynamicRoute(
            url="{prefix}/{url_path}{trailing_slash}", name="api-{url_name}", detail=False, initkwargs={}
        ),
        Route(
            url="{prefix}/{lookup}{trailing_slash}",
            mapping={"get": "retrieve"},
            name="{basename}",
            detail=True,
            initkwargs={},
        ),
    ]

    def __init__(self) -> None:
        super().__init__(use_regex_path=False)
