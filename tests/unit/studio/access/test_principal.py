import pytest

from talkies.errors import Forbidden
from talkies.studio.access.principal import Principal, Scope


def who(*scopes: Scope, key: str | None = "key_1") -> Principal:
    return Principal(key_id=key, name="n", scopes=frozenset(scopes))


def test_a_scope_opens_what_it_names_and_admin_everything() -> None:
    assert who(Scope.VIDEOS).may(Scope.VIDEOS)
    assert not who(Scope.VIDEOS).may(Scope.AUDIO)
    assert all(who(Scope.ADMIN).may(scope) for scope in Scope)
    who(Scope.VIDEOS).require(Scope.VIDEOS)
    with pytest.raises(Forbidden, match="admin"):
        who(Scope.VIDEOS).require(Scope.ADMIN)


def test_a_refusal_names_the_scopes_that_would_do() -> None:
    for scope, names in ((Scope.AUDIO, "`audio` or `admin`"), (Scope.ADMIN, "`admin`")):
        with pytest.raises(Forbidden) as refused:
            who(Scope.VIDEOS).require(scope)
        assert refused.value.hint == f"Use a key with the scope {names}."


def test_a_key_sees_its_own_and_admin_everybodys() -> None:
    assert who(Scope.VIDEOS).owns("key_1")
    assert not who(Scope.VIDEOS).owns("key_2")
    assert not who(Scope.VIDEOS).owns(None)
    assert not who(Scope.VIDEOS, key=None).owns(None)
    assert who(Scope.ADMIN).owns(None)
    assert who(Scope.ADMIN).owns("key_2")
