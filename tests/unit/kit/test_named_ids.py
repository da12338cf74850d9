from talkies.kit.ids import ALPHABET, LENGTH, named_id, new_id


def test_a_name_and_a_moment_always_give_the_same_id() -> None:
    id_ = named_id("ast", 1_732_233_600_000, "a name")
    prefix, _, digits = id_.partition("_")

    assert id_ == named_id("ast", 1_732_233_600_000, "a name")
    assert id_ != named_id("ast", 1_732_233_600_000, "another")
    assert prefix == "ast"
    assert len(digits) == LENGTH
    assert set(digits) <= set(ALPHABET)


def test_it_sorts_by_its_moment_among_other_ids() -> None:
    before, after = (new_id("ast", lambda moment=moment: moment) for moment in (999, 1_001))

    assert before < named_id("ast", 1_000, "a") < after
