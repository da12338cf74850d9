from talkies.api.paging import Paging


def page_of(count: int, limit: int) -> dict:
    paging = Paging(limit=limit, after=None)
    found = [str(number) for number in range(count)][: paging.fetch]
    return paging.page(found, str.upper, str).model_dump()


def test_a_full_page_with_more_behind_it_names_the_next() -> None:
    assert page_of(5, 2) == {
        "object": "list",
        "data": ["0", "1"],
        "has_more": True,
        "next_after": "1",
    }


def test_the_last_page_names_none() -> None:
    for count in (0, 1, 2):
        page = page_of(count, 2)
        assert (len(page["data"]), page["has_more"], page["next_after"]) == (count, False, None)
