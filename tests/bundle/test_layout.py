"""The outside of a bundle, attacked. Zips are built by `zipfile` or by hand with `struct`."""

import os
import struct
import zipfile

import pytest

from app.bundle import layout
from app.bundle.layout import Incomplete, Layout, OuterName, UnsafeLayout, claimed_level, find_bundles, outer_name
from app.model.marking import Level
from tests.fakes.bundles import Sender, zipped

GOOD = "s_enc01_core_0000000042_e3"


@pytest.fixture
def bundle(tmp_path):
    return Sender().cut(tmp_path)


def opened(path):
    with Layout(path) as found:
        return {name: b"".join(found.steps(name)) for name in found.sizes}


# --- names


def test_that_a_name_reads_back(tmp_path):
    name = outer_name(tmp_path / GOOD)
    assert name == OuterName(Level.S, "enc01", "core", 42, 3)
    assert str(name) == GOOD
    assert outer_name(tmp_path / f"{GOOD}.zip") == name
    assert outer_name(tmp_path / "ts-sci_a_b_0000000001_e1").level is Level.TS_SCI


@pytest.mark.parametrize(
    "name",
    [
        "S_enc01_core_0000000042_e3",
        "x_enc01_core_0000000042_e3",
        "s_enc01_core_42_e3",
        "s_enc01_core_0000000042_e03",
        "s_enc01_core_0000000000_e3",
        "s_enc01_core_0000000042_e0",
        "s_enc01_core_0000000042_e3.tar",
        "s_enc01_core_0000000042_e3\n",
        "s_enc 01_core_0000000042_e3",
        "s_" + "a" * 21 + "_core_0000000042_e3",
        "s_enc01_core_０000000042_e3",
    ],
)
def test_that_another_name_is_none(tmp_path, name):
    assert outer_name(tmp_path / name) is None


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("TS_ENC01", Level.TS),
        ("ts-sci_x", Level.TS_SCI),
        ("Ts-anything", Level.TS),
        ("s.zip", Level.S),
        ("secret", None),
        ("42", None),
    ],
)
def test_that_a_claim_of_level_is_seen_in_any_spelling(tmp_path, name, level):
    assert claimed_level(tmp_path / name) is level


# --- folders


def test_that_a_folder_and_its_zip_hold_the_same(bundle):
    assert opened(bundle) == opened(zipped(bundle)) == {f.name: f.read_bytes() for f in bundle.iterdir()}


def test_that_nothing_is_written_beside_the_source(bundle):
    before = sorted((p, p.stat().st_mtime_ns) for p in bundle.rglob("*"))
    opened(bundle)
    assert sorted((p, p.stat().st_mtime_ns) for p in bundle.rglob("*")) == before


def test_that_a_linked_part_is_refused(bundle, tmp_path):
    (tmp_path / "elsewhere").write_text("root:x:0\n")
    (bundle / "p0001.ndjson").unlink()
    (bundle / "p0001.ndjson").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeLayout, match="link"):
        Layout(bundle)


def test_that_a_linked_bundle_is_refused(bundle, tmp_path):
    link = tmp_path / GOOD
    link.symlink_to(bundle)
    with pytest.raises(UnsafeLayout, match="link"):
        Layout(link)


def test_that_a_part_swapped_for_a_link_after_the_look_is_refused(bundle, tmp_path):
    (tmp_path / "elsewhere").write_bytes((bundle / "p0001.ndjson").read_bytes())
    with Layout(bundle) as found:
        (bundle / "p0001.ndjson").unlink()
        (bundle / "p0001.ndjson").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(Incomplete):
            list(found.steps("p0001.ndjson"))


def test_that_a_part_replaced_after_the_look_is_noticed(bundle):
    with Layout(bundle) as found:
        content = (bundle / "p0001.ndjson").read_bytes()
        (bundle / "new").write_bytes(content)
        (bundle / "new").replace(bundle / "p0001.ndjson")
        with pytest.raises(Incomplete, match="changes"):
            list(found.steps("p0001.ndjson"))


def test_that_a_part_that_grows_while_it_is_read_is_noticed(bundle):
    part = bundle / "p0001.ndjson"
    with Layout(bundle) as found:
        steps = found.steps(part.name)
        next(steps)
        with part.open("ab") as file:
            file.write(b"more")
        with pytest.raises(Incomplete, match="changes"):
            list(steps)


def test_that_a_pipe_or_folder_among_the_parts_is_refused(bundle):
    os.mkfifo(bundle / "p0009.ndjson")
    with pytest.raises(UnsafeLayout, match="device"):
        Layout(bundle)
    (bundle / "p0009.ndjson").unlink()
    (bundle / "p0009.ndjson").mkdir()
    with pytest.raises(UnsafeLayout, match="folder"):
        Layout(bundle)


def test_that_a_pipe_that_takes_a_parts_place_is_judged_when_opened(bundle):
    """The second look: what was opened, not what was listed."""
    (bundle / "p0001.ndjson").unlink()
    os.mkfifo(bundle / "p0001.ndjson")
    with pytest.raises(UnsafeLayout, match="device"):
        layout._open_regular("p0001.ndjson", None, bundle)


@pytest.mark.parametrize("name", ["notes.txt", "p1.ndjson", "P0001.NDJSON", "p0001.ndjson.gz", "con", "a" * 70])
def test_that_an_unexpected_file_is_refused(bundle, name):
    (bundle / name).write_text("x")
    with pytest.raises(UnsafeLayout, match="does not belong"):
        Layout(bundle)


@pytest.mark.parametrize("name", [".p0001.ndjson.Xy12", "p0002.ndjson.part", "p0002.ndjson.filepart"])
def test_that_a_copy_under_way_is_looked_at_again(bundle, name):
    (bundle / name).write_text("x")
    with pytest.raises(Incomplete, match="under way"):
        Layout(bundle)


def test_that_too_many_parts_are_refused(bundle):
    for number in range(2, 1003):
        (bundle / f"p{number:04d}.ndjson").touch()
    with pytest.raises(UnsafeLayout, match="more than 1000"):
        Layout(bundle)


def test_that_a_file_above_four_gigabytes_is_refused_unread(bundle):
    with (bundle / "p0001.ndjson").open("ab") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(UnsafeLayout, match="larger"):
        Layout(bundle)


def test_that_a_missing_or_oversized_small_file_is_told(bundle):
    with Layout(bundle) as found:
        with pytest.raises(UnsafeLayout, match="larger than 10"):
            found.read("manifest.json", 10)
        with pytest.raises(Incomplete, match="not there"):
            found.read("p0009.ndjson", 10)


def test_that_a_bundle_that_is_not_there_is_incomplete(tmp_path):
    with pytest.raises(Incomplete, match="cannot be read"):
        Layout(tmp_path / GOOD)


def test_that_a_part_that_vanishes_is_incomplete(bundle):
    with Layout(bundle) as found:
        (bundle / "p0001.ndjson").unlink()
        with pytest.raises(Incomplete, match="cannot be read"):
            list(found.steps("p0001.ndjson"))


def test_that_folders_are_read_without_handles_on_folders_too(bundle, monkeypatch):
    """Windows has no handles on folders."""
    whole = opened(bundle)
    monkeypatch.setattr(os, "supports_dir_fd", set())
    assert opened(bundle) == whole


def test_that_reading_past_a_file_cut_short_ends(bundle, monkeypatch):
    """A file system that lies about the size: fewer bytes come than were promised."""
    with Layout(bundle) as found:
        place = found._places["p0001.ndjson"]
        found._places["p0001.ndjson"] = layout._Place(place.size + 5, 0, place.stamp)
        with pytest.raises(Incomplete, match="shorter"):
            list(found.steps("p0001.ndjson"))


def test_that_shape_tells_a_changed_bundle(bundle):
    shapes = set()
    with Layout(bundle) as found:
        shapes.add(found.shape)
    with Layout(bundle) as found:
        shapes.add(found.shape)
    assert len(shapes) == 1
    os.utime(bundle / "p0001.ndjson", ns=(1, 1))
    with Layout(bundle) as found:
        assert found.shape not in shapes


# --- zips


def make_zip(path, members, *, method=zipfile.ZIP_STORED, comment=b""):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in members:
            archive.writestr(name, body)
        archive.comment = comment
    return path


def test_that_a_compressed_zip_is_refused_before_it_is_inflated(tmp_path):
    bomb = make_zip(tmp_path / f"{GOOD}.zip", [("p0001.ndjson", bytes(50_000_000))], method=zipfile.ZIP_DEFLATED)
    with pytest.raises(UnsafeLayout, match="compressed"):
        Layout(bomb)


@pytest.mark.parametrize(
    "name", ["../p0001.ndjson", "/etc/passwd", "sub/manifest.json", "sub/", "..\\x", "p0001.NDJSON"]
)
def test_that_no_name_leads_out_of_a_zip(tmp_path, name):
    with pytest.raises(UnsafeLayout, match=r"does not belong|plain file"):
        Layout(make_zip(tmp_path / f"{GOOD}.zip", [(name, b"x")]))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_that_a_name_twice_is_refused(tmp_path):
    with pytest.raises(UnsafeLayout, match="twice"):
        Layout(make_zip(tmp_path / f"{GOOD}.zip", [("p0001.ndjson", b"a"), ("p0001.ndjson", b"b")]))


def test_that_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("p0001.ndjson")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with pytest.raises(UnsafeLayout, match="plain file"):
        Layout(make_zip(tmp_path / f"{GOOD}.zip", [(info, b"/etc/passwd")]))


def test_that_a_zip_from_another_system_is_read(tmp_path):
    info = zipfile.ZipInfo("manifest.json")
    info.create_system = 0
    assert opened(make_zip(tmp_path / f"{GOOD}.zip", [(info, b"x")])) == {"manifest.json": b"x"}


def test_that_a_zip_with_a_comment_is_refused(tmp_path):
    with pytest.raises((UnsafeLayout, Incomplete)):
        Layout(make_zip(tmp_path / f"{GOOD}.zip", [("manifest.json", b"x")], comment=b"hidden"))


@pytest.mark.parametrize("size", [0, 10, 21])
def test_that_the_beginning_of_a_zip_is_incomplete(tmp_path, size):
    path = make_zip(tmp_path / f"{GOOD}.zip", [("manifest.json", b"x")])
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(Incomplete):
        Layout(path)


def test_that_a_zip_still_being_copied_is_incomplete(bundle):
    path = zipped(bundle)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(Incomplete):
        Layout(path)


def test_that_bytes_before_a_zip_are_refused(bundle):
    """Python's zipfile reads such a file; a scanner may see the other half."""
    path = zipped(bundle)
    path.write_bytes(b"hidden" + path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    with pytest.raises(UnsafeLayout):
        Layout(path)


def local(name, body, **other):
    told = {
        "flags": 0,
        "method": 0,
        "crc": 0,
        "size": len(body),
        "name": name,
        "magic": b"PK\3\4",
        "extra": b"",
    } | other
    head = struct.pack(
        "<4s5H3L2H", told["magic"], 20, told["flags"], told["method"], 0, 0, told["crc"], told["size"], told["size"],
        len(told["name"]), len(told["extra"]),
    )  # fmt: skip
    return head + told["name"] + told["extra"] + body


def central(name, size, offset, **other):
    told = {
        "flags": 0,
        "method": 0,
        "packed": size,
        "magic": b"PK\1\2",
        "extra": b"",
        "comment": b"",
        "disk": 0,
    } | other
    head = struct.pack(
        "<4s6H3L5H2L", told["magic"], 20, 20, told["flags"], told["method"], 0, 0, 0, told["packed"], size, len(name),
        len(told["extra"]), len(told["comment"]), told["disk"], 0, 0, offset,
    )  # fmt: skip
    return head + name + told["extra"] + told["comment"]


def end(count, length, start, *, disk=0):
    return struct.pack("<4s4H2LH", b"PK\5\6", disk, 0, count, count, length, start, 0)


NAME, BODY = b"manifest.json", b"hello"


def by_hand(path, *, first=None, entry=None, gap=b"", tail=b"", count=1, last=None):
    first = local(NAME, BODY) if first is None else first
    entry = central(NAME, len(BODY), 0) if entry is None else entry
    start = len(first) + len(gap)
    closing = end(count, len(entry) + len(tail), start) if last is None else last
    path.write_bytes(first + gap + entry + tail + closing)
    return path


def test_that_a_zip_by_hand_is_read(tmp_path):
    assert opened(by_hand(tmp_path / "z.zip")) == {"manifest.json": BODY}
    extra = by_hand(tmp_path / "y.zip", first=local(NAME, BODY, extra=b"UT\5\0\0abcd"))
    assert opened(extra) == {"manifest.json": BODY}


@pytest.mark.parametrize(
    "lie",
    [
        {"gap": b"hidden"},
        {"tail": b"hidden"},
        {"count": 2},
        {"first": local(NAME, BODY, magic=b"PK\7\10")},
        {"first": local(NAME, BODY, method=8)},
        {"first": local(NAME, BODY, flags=1)},
        {"first": local(NAME, BODY, crc=5)},
        {"first": local(b"manifest.jsoN", BODY)},
        {"first": local(NAME, BODY, extra=b"x" * 65)},
        {"entry": central(NAME, len(BODY), 0, flags=1)},
        {"entry": central(NAME, len(BODY), 0, flags=8)},
        {"entry": central(NAME, len(BODY), 0, method=8)},
        {"entry": central(NAME, len(BODY), 0, packed=3)},
        {"entry": central(NAME, len(BODY), 0, magic=b"PK\1\3")},
        {"entry": central(NAME, len(BODY), 0, comment=b"hidden")},
        {"entry": central(NAME, len(BODY), 0, extra=b"x" * 65)},
        {"entry": central(NAME, len(BODY), 0, disk=1)},
        {"entry": central(NAME, 10**9, 0)},
        {"entry": central(NAME, len(BODY), 4)},
        {"entry": central(NAME, len(BODY), 10**6)},
        {"last": end(1, 59, 48, disk=1)},
        {"last": end(1, 10**8, 48)},
        {"last": end(1, 59, 47)},
    ],
)
def test_that_a_zip_that_contradicts_itself_is_refused(tmp_path, lie):
    with pytest.raises(UnsafeLayout):
        Layout(by_hand(tmp_path / "z.zip", **lie))


def test_that_members_that_overlap_are_refused(tmp_path):
    """One body under two names: the classic bomb that needs no compression."""
    first = local(NAME, BODY)
    entries = central(NAME, len(BODY), 0) + central(NAME, len(BODY), 0)
    with pytest.raises(UnsafeLayout, match=r"twice|follow"):
        Layout(by_hand(tmp_path / "z.zip", first=first, entry=entries, count=2))
    second = local(b"p0001.ndjson", BODY)
    entries = central(NAME, len(BODY), 0) + central(b"p0001.ndjson", len(BODY), 0)
    with pytest.raises(UnsafeLayout):
        Layout(by_hand(tmp_path / "z.zip", first=second, entry=entries, count=2))


def test_that_a_zip_that_changes_is_noticed(bundle):
    path = zipped(bundle)
    with Layout(path) as found:
        path.write_bytes(path.read_bytes() + b"x")
        with pytest.raises(Incomplete, match="changes"):
            list(found.steps("manifest.json"))


def test_that_a_zip_above_four_gigabytes_is_refused_unread(bundle):
    path = zipped(bundle)
    with path.open("ab") as file:
        file.truncate(5 * 2**30)
    with pytest.raises(UnsafeLayout, match="larger"):
        Layout(path)


# --- where bundles are


def test_that_bundles_are_found_in_the_order_of_their_chains(tmp_path):
    for name in (
        "s_b_core_0000000001_e1",
        "s_a_core_0000000010_e1",
        "u_a_core_0000000002_e1",
        "s_a_core_0000000001_e2",
    ):
        (tmp_path / name).mkdir()
    (tmp_path / "photos").mkdir()
    (tmp_path / "s_report.pdf").touch()
    assert [p.name for p in find_bundles(tmp_path)] == [
        "u_a_core_0000000002_e1",
        "s_a_core_0000000010_e1",
        "s_a_core_0000000001_e2",
        "s_b_core_0000000001_e1",
    ]


def test_that_a_folder_that_claims_a_level_is_not_passed_over(tmp_path):
    (tmp_path / "TS_ENC01_CORE").mkdir()
    assert [p.name for p in find_bundles(tmp_path)] == ["TS_ENC01_CORE"]


def test_that_a_bundle_is_found_under_any_name_of_its_folder(tmp_path, bundle):
    renamed = bundle.rename(tmp_path / "renamed")
    assert find_bundles(renamed) == [renamed]
    assert find_bundles(zipped(renamed)) == [tmp_path / "renamed.zip"]
    assert find_bundles(tmp_path / "nothing") == []


def test_that_bytes_between_members_are_refused(tmp_path):
    first, second = local(NAME, BODY) + b"hidden", local(b"p0001.ndjson", BODY)
    entries = central(NAME, len(BODY), 0) + central(b"p0001.ndjson", len(BODY), len(first))
    with pytest.raises(UnsafeLayout, match="follow"):
        Layout(by_hand(tmp_path / "z.zip", first=first + second, entry=entries, count=2))
