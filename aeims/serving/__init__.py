"""How the product is served: gunicorn for pages, daphne for sockets, and `deploy/Caddyfile` in front of both."""
