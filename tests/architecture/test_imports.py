import tomllib

import pytest
from importlinter.cli import lint_imports

from tests.conftest import ROOT

CONFIG = ROOT / "pyproject.toml"
CONTRACTS = [c["id"] for c in tomllib.loads(CONFIG.read_text())["tool"]["importlinter"]["contracts"]]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_that_the_import_contract_holds(contract, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(str(CONFIG), limit_to_contracts=(contract,), no_cache=True) == 0, capsys.readouterr().out
