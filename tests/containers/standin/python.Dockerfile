# For `python:3.11-slim-bookworm`, which no package archive has: trixie's own Python, 3.13.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv \
    && ln -s python3 /usr/bin/python && rm -rf /var/lib/apt/lists/*
