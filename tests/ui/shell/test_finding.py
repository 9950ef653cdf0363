import pytest

from app.model.health import Health
from app.model.marking import Level
from app.ui.shell.finding import Finder, Offer, spaced

NAMES = ("rag-gateway", "speech-to-text", "translate-multi", "storage-rag", "fragment-store", "chatAssist70b")


def offer(words, group="Endpoints", **given):
    return Offer(group, words, lambda: None, **given)


def found(query, *offers, enclave=""):
    finder = Finder(offers or [offer(name) for name in NAMES])
    return [one.words for section in finder.search(query, enclave) for one in section.offers]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rag-gateway", "rag gateway"),
        ("chatAssist70b", "chat assist70b"),
        ("GPU fleet", "gpu fleet"),
        ("error_rate.p95", "error rate p95"),
        ("M\u00fcnchen-2", "m\u00fcnchen 2"),
    ],
)
def test_that_names_fall_apart_at_dashes_dots_and_camels_backs(text, words):
    assert spaced(text) == words


def test_that_a_beginning_comes_before_a_word_and_a_word_before_the_middle():
    assert found("rag") == ["rag-gateway", "storage-rag", "fragment-store"]


def test_that_a_whole_name_comes_first():
    assert found("sync", offer("Sync state of all"), offer("Sync")) == ["Sync", "Sync state of all"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("gate", "rag-gateway"),
        ("assist", "chatAssist70b"),
        ("RAG GATE", "rag-gateway"),
        ("rag-gate", "rag-gateway"),
        ("gateway rag", "rag-gateway"),
        ("rggt", "rag-gateway"),
        ("s2t", None),
        ("trm", "translate-multi"),
    ],
)
def test_that_a_name_is_found_by_its_words_and_its_letters(query, name):
    assert (found(query) or [None])[0] == name


@pytest.mark.parametrize("query", ["gatewya", "gatweay", "gatteway", "gxteway", "gteway", "trnaslate"])
def test_that_one_wrong_key_is_forgiven(query):
    assert found(query)[0] in ("rag-gateway", "translate-multi")


def test_that_two_wrong_keys_are_not_and_that_typing_badly_never_hides_what_fits():
    assert found("gaetwya") == []
    assert found("text")[0] == "speech-to-text"


def test_that_every_word_has_to_fit_somewhere_also_in_the_detail_or_the_level():
    bad = offer("rag-gateway", detail="errors 4.61 %", level=Level.S, health=Health.CRITICAL)
    good = offer("rag-gateway", detail="healthy", level=Level.U, health=Health.HEALTHY)
    assert len(found("rag", bad, good)) == 2
    assert [section.total for section in Finder([bad, good]).search("rag errors")] == [1]
    assert [section.total for section in Finder([bad, good]).search("rag secret")] == [1]
    assert found("rag playbook", bad, good) == []


def test_that_of_equal_matches_the_worse_comes_first():
    states = (Health.HEALTHY, Health.CRITICAL, Health.UNKNOWN, Health.WARNING)
    offers = [offer("rag", health=health, detail=health.value) for health in states]
    (section,) = Finder(offers).search("rag")
    assert [one.health for one in section.offers] == sorted(states, key=lambda health: health.rank)
    assert section.offers[0].health is Health.CRITICAL


def test_that_sections_stand_in_the_order_of_their_best_match_and_say_how_many_there_are():
    offers = [offer(f"node-{n:02}-fragment", "Nodes") for n in range(30)]
    offers.append(offer("fragment-store", "Endpoints"))
    sections = Finder(offers).search("frag")
    assert [(one.title, len(one.offers), one.total) for one in sections] == [("Endpoints", 1, 1), ("Nodes", 8, 30)]


def test_that_an_enclave_keeps_only_what_is_its_own():
    offers = [offer("rag", enclave="a", level=Level.U), offer("rag b", enclave="b", level=Level.TS), offer("rag go")]
    assert found("rag", *offers, enclave="b") == ["rag b"]
    assert Finder(offers).enclaves() == ["a", "b"]


@pytest.mark.parametrize("query", ["", "  ", "--", "(", ".*", "\\"])
def test_that_no_query_is_taken_for_a_pattern(query):
    assert found(query) == []
    assert found(f"{query}rag") == found(f"rag{query}") == found("rag")
