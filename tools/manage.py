"""Django's command line on the database of `make run`, while it runs.

make manage do="grant_free_minutes --help"
"""

import os
import sys

from tools.environment import ROOT, complete, load_dotenv, with_port_of_the_run

if __name__ == "__main__":
    load_dotenv()
    os.chdir(ROOT)
    environment = complete(with_port_of_the_run(os.environ))
    os.execve(sys.executable, [sys.executable, "manage.py", *sys.argv[1:]], environment)
