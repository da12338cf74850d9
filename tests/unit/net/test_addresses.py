from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.net.addresses import is_private, is_public

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:830::200e",
    "2600::5efe",
)

TRAPS = {
    "unspecified": "0.0.0.0",  # noqa: S104 - an address to refuse
    "this network": "0.1.2.3",
    "private 10": "10.255.0.1",
    "carrier-grade NAT": "100.64.0.1",
    "Alibaba metadata": "100.100.100.200",
    "loopback": "127.0.0.1",
    "loopback, end": "127.255.255.254",
    "Azure platform": "168.63.129.16",
    "metadata": "169.254.169.254",
    "container metadata": "169.254.170.2",
    "private 172": "172.31.255.255",
    "protocol assignments": "192.0.0.8",
    "Oracle metadata": "192.0.0.192",
    "documentation": "192.0.2.1",
    "6to4 relay": "192.88.99.1",
    "private 192": "192.168.1.1",
    "benchmarking": "198.19.0.1",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "unspecified, six": "::",
    "loopback, six": "::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped public": "::ffff:8.8.8.8",
    "translated": "::ffff:0:127.0.0.1",
    "compatible": "::127.0.0.1",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64, local": "64:ff9b:1::7f00:1",
    "discard": "100::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "ORCHID": "2001:20::1",
    "documentation, six": "2001:db8::1",
    "documentation, six 2": "3fff::1",
    "6to4": "2002:7f00:1::",
    "segment routing": "5f00::1",
    "unique local": "fd12:3456::1",
    "AWS metadata, six": "fd00:ec2::254",
    "Google metadata, six": "fd20:ce::254",
    "link-local": "fe80::1",
    "link-local with a zone": "fe80::1%eth0",
    "public with a zone": "2606:4700::1%eth0",
    "site-local": "fec0::1",
    "multicast, six": "ff02::1",
    "ISATAP": "2a00:1450::5efe:7f00:1",
    "ISATAP, global": "2a00:1450::200:5efe:a00:1",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_hosts_of_the_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("name", TRAPS)
def test_traps_are_not_public(name: str) -> None:
    assert not is_public(ip_address(TRAPS[name]))


@given(st.integers(0, 2**32 - 1))
def test_no_ipv4_address_is_more_public_to_us_than_to_the_standard_library(number: int) -> None:
    address = IPv4Address(number)
    assert address.is_global or not is_public(address)


@given(st.integers(0, 2**128 - 1))
def test_no_ipv6_address_is_more_public_to_us_than_to_the_standard_library(number: int) -> None:
    address = IPv6Address(number)
    assert address.is_global or not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.5", "127.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "::1", "fd12::1"],
)
def test_what_is_inside_a_house_is_private(address: str) -> None:
    assert is_private(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fe80::1",
        "fd12::1%eth0",
        "224.0.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "::ffff:10.0.0.1",
    ],
)
def test_metadata_and_oddities_are_not(address: str) -> None:
    assert not is_private(ip_address(address))
