"""The signing keys of a station as files beside a secret store."""

import pytest

from app.bundle.keyfile import find_key, keep_key, load_key, own_keys, read_key_document
from app.errors import InputError
from tests.fakes.keys import mldsa, p384


@pytest.fixture
def kept(tmp_path):
    """A folder and the secrets that a store would keep."""
    return tmp_path / "keys", {}


@pytest.mark.parametrize("make", [p384, mldsa])
def test_that_a_kept_key_signs_again_by_name_and_by_id(kept, make):
    folder, secrets = kept
    key = make()
    own = keep_key(folder, "collector", key, secrets.__setitem__)
    assert list(secrets) == [f"key-{key.public.keyid}"]
    for wanted in ("collector", key.public.keyid):
        assert load_key(folder, wanted, secrets.__getitem__).public == key.public
        assert find_key(folder, wanted) == own
    assert b"PRIVATE" not in b"".join(file.read_bytes() for file in folder.iterdir())


def test_that_keys_are_listed_by_name(kept):
    folder, secrets = kept
    assert own_keys(folder) == []
    for name in ("b", "a"):
        keep_key(folder, name, p384(), secrets.__setitem__)
    assert [key.name for key in own_keys(folder)] == ["a", "b"]


def test_that_a_secret_of_another_key_is_refused(kept):
    folder, secrets = kept
    own = keep_key(folder, "collector", p384(), secrets.__setitem__)
    secrets[own.secret] = p384().pem()
    with pytest.raises(InputError, match="does not belong"):
        load_key(folder, "collector", secrets.__getitem__)


def test_that_a_file_that_is_no_key_is_told(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    for name in ("x.json", "none.json"):
        with pytest.raises(InputError, match="no exported public key"):
            read_key_document(tmp_path / name)
