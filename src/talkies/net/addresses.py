"""Which IP addresses are on the public internet, and which are traps."""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

#: IANA IPv4 special-purpose address registry, multicast (RFC 5771) and reserved space, and one
#: address of public space that a cloud answers on from inside every machine.
SPECIAL_V4: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform address
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

#: RFC 4291: global unicast so far. Outside it lie unspecified, loopback, IPv4-mapped and
#: -compatible (::/8), NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard, unique local with the
#: metadata addresses fd00:ec2::254 and fd20:ce::254, link-local, site-local and multicast.
GLOBAL_V6: Final = IPv6Network("2000::/3")

#: IANA IPv6 special-purpose address registry, as far as it lies in global unicast.
SPECIAL_V6: Final = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

#: ISATAP (RFC 5214): the interface identifiers that hide an IPv4 address in the last 32 bits.
ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})

#: What `allow_private` opens: loopback, private, carrier-grade NAT and unique local addresses.
PRIVATE: Final = tuple(
    ipaddress.ip_network(block)
    for block in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)

#: Clouds give credentials to whoever asks here; nothing opens these.
METADATA: Final = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
        "169.254.169.254",  # AWS, Azure, Google, Oracle, DigitalOcean
        "169.254.170.2",  # AWS, containers
        "192.0.0.192",  # Oracle
        "fd00:ec2::23",  # AWS, containers
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google
    )
)


def is_public(address: Address) -> bool:
    """Whether the address belongs to some host on the public internet and to nothing else."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in SPECIAL_V4)
    if address.scope_id is not None or address not in GLOBAL_V6:
        return False
    if any(address in block for block in SPECIAL_V6):
        return False
    return int(address) >> 32 & 0xFFFF_FFFF not in ISATAP


def is_private(address: Address) -> bool:
    """Whether the address is inside an organisation or machine and gives no credentials away."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    return address not in METADATA and any(address in block for block in PRIVATE)
