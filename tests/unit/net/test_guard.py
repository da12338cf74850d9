from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.errors import UnsafeAddress
from talkies.net.guard import LONGEST, REFUSED, AddressPolicy, read_url

HTTP = frozenset({"http", "https"})
LOOPBACK = ip_address("127.0.0.1")


@pytest.mark.parametrize(
    ("given_url", "read"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM:443/A?b=C#d", "https://example.com/A?b=C"),
        ("http://example.com:80/", "http://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("https://example.com?q=1", "https://example.com/?q=1"),
        ("https://example.com/голос.wav", "https://example.com/%D0%B3%D0%BE%D0%BB%D0%BE%D1%81.wav"),
        ("https://example.com/a%20b?x=%2F", "https://example.com/a%20b?x=%2F"),
        ("https://my_bucket.s3.example.com/k", "https://my_bucket.s3.example.com/k"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://8.8.8.8:8443/x", "https://8.8.8.8:8443/x"),
        ("https://[2606:4700:0:0::1111]:8443/", "https://[2606:4700::1111]:8443/"),
        ("https://4chan.example/", "https://4chan.example/"),
        ("https://example.com/@user:pass", "https://example.com/@user:pass"),
    ],
)
def test_a_url_is_read_into_its_one_spelling(given_url: str, read: str) -> None:
    assert read_url(given_url).url == read
    assert read_url(read).url == read


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "https:/example.com",
        "https:example.com",
        "https:///path",
        "https://",
        "https://:443/",
        "https://example.com:/x",
        "https://example.com/\ud800",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://@example.com/",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://example.com:port/",
        "https://example.com:４４３/",
        "https://example.com./",
        "https://.example.com/",
        "https://a..example.com/",
        "https://-a.example.com/",
        f"https://{'a' * 64}.example.com/",
        f"https://{'a.' * 130}com/",
        "https://bücher.example/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://1.2.3.4.5/",
        "https://1.2.3.256/",
        "https://example.0x/",
        "https://１２７.0.0.1/",
        "https://127。0。0。1/",
        "https://[::1%25lo]/",
        "https://[::1%lo]/",
        "https://[127.0.0.1]/",
        "https://[1.2.3.4.5]/",
        "https://[::1/",
        "https://::1/",
        "https://[:::]/",
        "https://example.com\\@evil.example/",
        "https:\\\\example.com/",
        " https://example.com/",
        "https://example.com/\n",
        "https://exa\tmple.com/",
        "https://example.com/\x00",
        "https://example.com%00.evil.example/",
        "https://%65xample.com/",
        "https://example.com/\u2028",
        "https://example.com/" + "a" * LONGEST,
    ],
)
def test_odd_spellings_are_refused(url: str) -> None:
    with pytest.raises(UnsafeAddress) as caught:
        read_url(url)
    assert caught.value.hint


@given(st.text(max_size=40))
def test_whatever_follows_the_scheme_is_read_or_refused(text: str) -> None:
    try:
        destination = read_url(f"https://{text}")
    except UnsafeAddress:
        return
    assert destination.url.isascii()
    assert read_url(destination.url) == destination


def test_only_https_unless_set() -> None:
    with pytest.raises(UnsafeAddress, match="https://"):
        AddressPolicy().check_url("http://example.com/")
    assert AddressPolicy(allow_schemes=HTTP).check_url("http://example.com/").port == 80
    with pytest.raises(UnsafeAddress, match="https:// or http://"):
        AddressPolicy(allow_schemes=HTTP).check_url("ftp://example.com:21/")


@pytest.mark.parametrize("host", ["abc.supabase.co", "a.b.supabase.co", "cdn.example.com"])
def test_hosts_on_the_list_pass(host: str) -> None:
    policy = AddressPolicy(allow_hosts=("*.Supabase.co", "cdn.example.com"))
    assert policy.check_url(f"https://{host.upper()}/x").host == host


@pytest.mark.parametrize(
    "host", ["supabase.co", "evilsupabase.co", "supabase.co.evil.example", "x.cdn.example.com"]
)
def test_hosts_beside_the_list_do_not(host: str) -> None:
    policy = AddressPolicy(allow_hosts=("*.supabase.co", "cdn.example.com"))
    with pytest.raises(UnsafeAddress, match="list"):
        policy.check_url(f"https://{host}/x")


def test_ports_of_other_protocols_are_refused() -> None:
    for port in (22, 25, 6379, 5432, 6667):
        with pytest.raises(UnsafeAddress, match="port"):
            AddressPolicy().check_url(f"https://example.com:{port}/")
    assert AddressPolicy().check_url("https://example.com:8443/").port == 8443


def test_a_list_of_ports_is_a_list() -> None:
    policy = AddressPolicy(allow_ports=frozenset({443}))
    assert policy.check_url("https://example.com/")
    with pytest.raises(UnsafeAddress, match="port"):
        policy.check_url("https://example.com:8443/")


def test_every_refused_address_gets_the_same_words() -> None:
    texts = set()
    for host in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[64:ff9b::1]"):
        with pytest.raises(UnsafeAddress) as caught:
            AddressPolicy().check_url(f"https://{host}/")
        texts.add((caught.value.message, caught.value.hint, str(caught.value.details)))
    assert [text[0] for text in texts] == [REFUSED]


@pytest.mark.parametrize("name", ["localhost", "LocalHost", "a.localhost"])
def test_names_that_always_mean_this_machine_are_refused_unasked(name: str) -> None:
    with pytest.raises(UnsafeAddress, match="public host"):
        AddressPolicy().check_url(f"https://{name}:8443/hook")
    assert AddressPolicy(allow_private=True).check_url(f"https://{name}/").host == name.lower()
    assert AddressPolicy().check_url("https://localhost.example.com/")


def test_exact_places_can_be_permitted() -> None:
    policy = AddressPolicy(permitted=frozenset({("127.0.0.1", 6379)}))
    assert policy.check_url("https://127.0.0.1:6379/")
    for place in ("127.0.0.1:8000", "127.0.0.2:6379", "[::ffff:127.0.0.1]:6379"):
        with pytest.raises(UnsafeAddress):
            policy.check_url(f"https://{place}/")


def test_private_addresses_can_be_allowed_and_metadata_cannot() -> None:
    policy = AddressPolicy(allow_private=True)
    policy.check_address(LOOPBACK, 443)
    policy.check_address(ip_address("10.1.2.3"), 443)
    for address in ("169.254.169.254", "fd00:ec2::254", "0.1.2.3", "::ffff:10.0.0.1"):
        with pytest.raises(UnsafeAddress):
            policy.check_address(ip_address(address), 443)
