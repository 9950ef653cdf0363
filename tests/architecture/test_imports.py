import subprocess
import sys
import tomllib

import pytest

from tests.conftest import ROOT

CONFIG = ROOT / "pyproject.toml"
CONTRACTS = [c["id"] for c in tomllib.loads(CONFIG.read_text())["tool"]["importlinter"]["contracts"]]

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(**eval(sys.argv[1])))"


def lint(folder, *contracts):
    """Run import-linter apart from us: it sets up logging anew and so would silence our loggers."""
    options = {"config_filename": "pyproject.toml", "limit_to_contracts": contracts, "no_cache": True}
    command = [sys.executable, "-c", LINT, repr(options)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_that_the_import_contract_holds(contract):
    done = lint(ROOT, contract)
    assert done.returncode == 0, done.stdout + done.stderr
