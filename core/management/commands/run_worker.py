"""The background worker."""

import asyncio
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from procrastinate.contrib.django import app

from core.database_roles import owner_login_complaints
from core.metrics import WORKER_SOCKET, served
from core.worker import WorkerStopped, connector_for_worker, run_worker


class Command(BaseCommand):
    help = "Run the jobs of every queue, until SIGTERM. Ends with 75 when it is to be started again."

    def handle(self, *args: Any, **options: Any) -> None:
        for complaint in owner_login_complaints():
            raise CommandError(complaint)
        try:
            with served(WORKER_SOCKET), app.replace_connector(connector_for_worker(app)) as worker_app:
                asyncio.run(_work(worker_app))
        except WorkerStopped as error:
            self.stderr.write(f"The worker stops and wants to be started again: {error}")
            self.stderr.flush()
            # Not sys.exit: a job that hangs in a thread would be waited for.
            os._exit(os.EX_TEMPFAIL)
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted.") from error


async def _work(app: Any) -> None:
    async with app.open_async():
        await run_worker(app)
