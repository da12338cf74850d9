from talkies.cli.tables import columns, table


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    assert table(("A", "NAME", ""), [("1", "x", "long remark"), ("22", "yyyyyy", "")]) == [
        "A   NAME",
        "1   x       long remark",
        "22  yyyyyy",
    ]


def test_wide_characters_take_two_columns() -> None:
    assert columns("你好") == 4
    assert table(("N", "X"), [("你好", "a"), ("abcd", "b")]) == ["N     X", "你好  a", "abcd  b"]


def test_a_table_may_be_empty() -> None:
    assert table(("A", "B"), []) == ["A  B"]
