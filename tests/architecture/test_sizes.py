from tests.conftest import ROOT

LIMIT = 400

# path below app/ -> why it is better in one piece
LONGER: dict[str, str] = {}


def test_that_modules_can_be_read_in_one_sitting():
    lengths = {
        path.relative_to(ROOT / "app").as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "app").rglob("*.py")
    }
    assert {name: n for name, n in lengths.items() if n > LIMIT and name not in LONGER} == {}
    assert [name for name in LONGER if lengths.get(name, 0) <= LIMIT] == [], "no longer needs its exception"
