import numpy as np

from app.demo.weather import load, noise, three_digits, timeline, whole_share


def test_that_three_digits_are_the_nearest_decimals():
    value = np.array([0.0, 0.061249, 0.99951, 1.23456, 12.3456, 98765.0, 2.305])
    assert three_digits(value).tolist() == [0.0, 0.0612, 1.0, 1.23, 12.3, 98800.0, float(f"{2.305:.3g}")]


def test_that_three_digits_are_right_at_and_around_every_power_of_ten():
    powers = np.array([float(f"1e{exponent}") for exponent in range(-6, 9)])
    for edge in (powers, np.nextafter(powers, 0.0), np.nextafter(powers, np.inf)):
        assert np.array_equal(three_digits(edge), powers)
        assert np.array_equal(three_digits(edge[:1]), powers[:1])  # alone: nothing smaller is there to help
    assert np.array_equal(three_digits(-1.236 * powers), [float(f"-1.24e{exponent}") for exponent in range(-6, 9)])
    assert np.array_equal(three_digits(np.array([np.nan, 0.0])), [np.nan, 0.0], equal_nan=True)


def test_that_shares_are_whole_and_lose_nothing_over_time():
    total = np.array([7.0, 0.0, 3.0, 11.0] * 50)
    shared = whole_share(total, np.full(200, 0.13))
    assert np.array_equal(shared, np.rint(shared))
    assert abs(shared.sum() - 0.13 * total.sum()) < 1
    assert (shared <= total).all()
    assert (shared >= 0).all()


def test_that_a_timeline_keeps_its_phase_and_ends_before_now():
    line = timeline("enc-u1/x", 3, 1_000_000_020.0, 1.0, 999_990_000.0)
    assert len(line.slot) == 1440
    assert np.allclose(np.diff(line.slot), 60.0)
    assert line.time[-1] < 1_000_000_020.0
    assert np.array_equal(np.rint(line.time * 1000), np.rint(line.time * 1000).astype(np.int64))
    assert line.time[line.anchor] < 999_990_000.0 <= line.time[line.anchor + 1]
    assert (line.time - line.slot).min() >= 0
    assert (line.time - line.slot).max() < 1.0


def test_that_groups_do_not_share_their_phase():
    phases = {timeline(f"enc-u1/{n}", 3, 6000.0 * 86400, 0.1, 0.0).slot[0] % 60 for n in range(20)}
    assert len(phases) > 15


def test_that_noise_is_still_at_the_anchor_and_alive_elsewhere():
    line = timeline("g", 5, 1_700_000_040.0, 3.0, 1_700_000_000.0)
    wave = noise(line, "p", 0.1, 0.05)
    assert wave[line.anchor] == 0.0
    assert 0.04 < wave[:3000].std() < 0.3


def test_that_people_work_by_day_and_rest_on_sunday():
    wednesday = 1_762_900_000.0 // 86400 * 86400
    days = wednesday + 86400.0 * np.arange(7)
    noon = load(days + 19 * 3600)
    night = load(days + 7 * 3600)
    assert (noon > 1.7 * night).all()
    sunday = next(i for i in range(7) if int((days[i] // 86400 + 3) % 7) == 6)
    assert noon[sunday] == noon.min()
