"""The operator's list of pods, in both spellings, and everything that may be wrong with it."""

import json

import pytest

from talkies.errors import Misconfigured
from talkies.pods.listing import Defaults, read_pods
from talkies.pods.pod import Contract, TokenPlace

PODS = "PODS"
PLAIN = Defaults()


def test_the_seeds_list_has_urls_tokens_and_keys() -> None:
    text = "https://a.example|tok-1|key-1, b.example:8888/base/ ,http://10.0.0.7:8888||key-3,"
    pods = read_pods(text, PODS, Defaults(contract=Contract.SADTALKER))
    assert [(p.name, p.url, p.token, p.api_key) for p in pods] == [
        ("a.example", "https://a.example", "tok-1", "key-1"),
        ("b.example:8888/base", "https://b.example:8888/base", None, None),
        ("10.0.0.7:8888", "http://10.0.0.7:8888", None, "key-3"),
    ]
    assert {p.contract for p in pods} == {Contract.SADTALKER}
    assert {p.engines for p in pods} == {("sadtalker",)}


def test_json_may_say_all_there_is() -> None:
    entry = {
        "url": "https://a.example",
        "name": "big",
        "token": "t",
        "apiKey": "k",
        "contract": "talkies",
        "engines": ["infinitetalk", "sadtalker"],
        "tokenPlace": "query",
        "concurrency": 3,
        "pricePerHour": 0.86,
    }
    (pod, plain) = read_pods(json.dumps([entry, "https://b.example"]), PODS, PLAIN)
    assert (pod.name, pod.token, pod.api_key, pod.engines) == (
        *("big", "t", "k"),
        ("infinitetalk", "sadtalker"),
    )
    assert (pod.token_place, pod.concurrency, pod.price_per_hour) == (TokenPlace.QUERY, 3, 0.86)
    assert plain.url == "https://b.example"
    assert plain.engines == ()


def test_what_a_pod_does_not_say_the_settings_do() -> None:
    defaults = Defaults(api_key="common", token_place=TokenPlace.QUERY, concurrency=2)
    one, other = read_pods("https://a.example,https://b.example||own", PODS, defaults)
    assert (one.api_key, one.token_place, one.concurrency) == ("common", TokenPlace.QUERY, 2)
    assert other.api_key == "own"


def test_no_text_that_is_made_of_a_pod_has_its_secrets() -> None:
    (pod,) = read_pods("https://a.example|s3cr3t-token|s3cr3t-key", PODS, PLAIN)
    assert "s3cr3t" not in f"{pod} {pod!r} {[pod]}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{]", "PODS is not JSON"),
        ("[" * 5_000, "PODS is not JSON"),
        ("a.example|1|2|3", "has 4 parts"),
        ('[{"token": "t"}]', "Entry 1 of PODS has no `url`"),
        ('["https://a.example", {"url": 7}]', "Entry 2 of PODS has no `url`"),
        ('[{"url": "https://a", "tokn": "x"}]', "a field that is not known: tokn"),
        ("https://a.example,ftp://b.example", "Entry 2 of PODS has a `url`"),
        ("https://user:pass@a.example", "user name or password"),
        ("https://a.example?token=hidden", "with a query"),
        ("https://a.example|two words", "`token` with characters"),
        ('[{"url": "https://a", "apiKey": "line\\nbreak"}]', "`api_key` with characters"),
        ('[{"url": "https://a", "contract": "soap"}]', "`contract` that is none of talkies,"),
        ('[{"url": "https://a", "engines": "Bad Name!"}]', "`engines` that are no list"),
        ('[{"url": "https://a", "engines": {}}]', "`engines` that are no list"),
        ('[{"url": "https://a", "concurrency": 0}]', "`concurrency` that is no number"),
        ('[{"url": "https://a", "concurrency": true}]', "`concurrency` that is no number"),
        ('[{"url": "https://a", "pricePerHour": "free"}]', "no price"),
        ("https://a.example,https://a.example/", "Entries 1 and 2 of PODS have the same url"),
        ('[{"url": "https://a", "name": "x"}, {"url": "https://b", "name": "x"}]', "same name"),
        ("x" * 200_001, "longer than 200,000"),
    ],
)
def test_a_wrong_entry_is_named_and_no_secret_is_shown(text: str, said: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        read_pods(text, PODS, PLAIN)
    assert said in raised.value.message
    assert "hidden" not in raised.value.message
    assert raised.value.hint


def test_an_empty_list_has_no_pods() -> None:
    assert read_pods(" \n", PODS, PLAIN) == ()
    assert read_pods("[]", PODS, PLAIN) == ()
