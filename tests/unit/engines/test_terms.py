"""How long a render may take."""

from talkies.engines.terms import RenderTerms


def test_a_render_may_take_a_multiple_of_what_it_should() -> None:
    assert RenderTerms().seconds_for(250) == 750
    assert RenderTerms(patience=2).seconds_for(400) == 800


def test_a_short_render_gets_the_least() -> None:
    assert RenderTerms(patience=2).seconds_for(250) == 600
    assert RenderTerms(least_seconds=10, patience=2).seconds_for(250) == 500
