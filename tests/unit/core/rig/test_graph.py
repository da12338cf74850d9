from collections.abc import Iterator
from itertools import pairwise, product

import pytest
from rig_made_up import FIVE, NINE, rig_of

from talkies.core.rig.graph import Direction, Leg, RigGraph
from talkies.core.rig.model import NEUTRAL, REST, BasePath, Rig, RigConfig, Sequence, State, Stop
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.errors import CharacterInvalid

STATES = [State(e, p) for e, p in product(STANDARD.expressions, STANDARD.poses)]

#: The expressions that the seed reaches through another one than neutral.
THROUGH = {"surprised_ah": "speaking_ah", "happy_big": "happy_soft"}


def seeds_route(start: State, end: State) -> list[Leg]:
    """The rules of upstreams 10.3, word for word."""
    if start == end:
        return []
    if start.pose != end.pose:
        here, there = State(NEUTRAL, start.pose), State(NEUTRAL, end.pose)
        return [*seeds_route(start, here), *turned(here, there), *seeds_route(there, end)]
    direct = directly(start, end)
    if direct:
        return [direct]
    if start.expression in THROUGH:
        middle = State(THROUGH[start.expression], start.pose)
    elif end.expression in THROUGH:
        middle = State(THROUGH[end.expression], end.pose)
    else:
        middle = State(NEUTRAL, start.pose)
    return [*seeds_route(start, middle), *seeds_route(middle, end)]


def turned(start: State, end: State) -> Iterator[Leg]:
    if start.pose != "center":
        name = f"neutral_center_to_neutral_{start.pose}"
        yield Leg(sequence=name, direction=Direction.REVERSE, start=start, end=REST)
    if end.pose != "center":
        name = f"neutral_center_to_neutral_{end.pose}"
        yield Leg(sequence=name, direction=Direction.FORWARD, start=REST, end=end)


def directly(start: State, end: State) -> Leg | None:
    def path(first: State, last: State) -> BasePath | None:
        ends = (first.expression, last.expression)
        return next((path for path in STANDARD.base_paths if (path.start, path.end) == ends), None)

    for direction, known in (
        (Direction.FORWARD, path(start, end)),
        (Direction.REVERSE, path(end, start)),
    ):
        if known:
            name = f"{known.id}__{start.pose}"
            return Leg(sequence=name, direction=direction, start=start, end=end)
    return None


@pytest.mark.parametrize("config", [STANDARD, BUILT], ids=["the seed's", "ours"])
def test_a_whole_tree_gives_the_seeds_own_routes(config: RigConfig) -> None:
    graph = RigGraph(rig_of(config, NINE))

    for start, end in product(STATES, STATES):
        assert list(graph.route(start, end) or ()) == seeds_route(start, end), (start, end)


def test_without_a_direct_sequence_the_reverse_one_is_played() -> None:
    rig = rig_of(STANDARD, has=lambda drawing: "speaking_ah_to_speaking_ee" not in drawing)
    route = RigGraph(rig).route(State("speaking_ah"), State("speaking_ee"))

    assert route == (
        Leg(
            sequence="speaking_ee_to_speaking_ah__center",
            direction=Direction.REVERSE,
            start=State("speaking_ah"),
            end=State("speaking_ee"),
        ),
    )


def test_without_either_the_way_leads_through_what_is_left() -> None:
    rig = rig_of(
        STANDARD,
        has=lambda drawing: "h_to_speaking_e" not in drawing and "e_to_speaking_a" not in drawing,
    )
    route = RigGraph(rig).route(State("speaking_ah"), State("speaking_ee"))

    assert route is not None
    assert len(route) == 2


def test_a_way_begins_at_the_drawing_on_the_screen() -> None:
    graph = RigGraph(rig_of(STANDARD))
    rest, ah, uw = (graph.node(State(name)) for name in (NEUTRAL, "speaking_ah", "speaking_uw"))
    out = graph.way(rest, ah)
    way = graph.way(out.nodes[1], uw)

    assert [graph.nodes[node].drawing for node in way.nodes] == [
        "sequences/neutral_to_speaking_ah__center/025.png",
        "endpoints/neutral__center.png",
        *(f"sequences/neutral_to_speaking_uw__center/{n}.png" for n in ("025", "050", "075")),
        "endpoints/speaking_uw__center.png",
    ]
    assert way.lengths == (0, 25, 50, 75, 100, 125)


def test_a_strength_stops_on_the_way_from_neutral_in_that_pose() -> None:
    graph = RigGraph(rig_of(STANDARD))

    def shown(name: str, strength: float) -> str:
        return graph.nodes[graph.node(State(name, "nod_up_small"), strength)].drawing

    assert shown("speaking_ee", 0.5) == "sequences/neutral_to_speaking_ee__nod_up_small/050.png"
    assert shown("speaking_ee", 0) == "endpoints/neutral__nod_up_small.png"
    assert shown("speaking_ee", 0.95) == "endpoints/speaking_ee__nod_up_small.png"
    assert shown("happy_big", 0.5) == "endpoints/happy_soft__nod_up_small.png"
    assert shown("neutral", 0.3) == "endpoints/neutral__nod_up_small.png"


def test_a_strength_without_a_way_takes_the_nearer_end() -> None:
    graph = RigGraph(rig_of(STANDARD, has=lambda drawing: drawing.startswith("endpoints")))
    concerned = State("concerned")

    assert graph.nodes[graph.node(concerned, 0.6)].start == concerned
    assert graph.nodes[graph.node(concerned, 0.4)].start == REST
    assert graph.route(REST, concerned) is None


def test_a_state_without_an_endpoint_shows_the_end_of_a_sequence() -> None:
    rig = rig_of(STANDARD, has=lambda drawing: not drawing.startswith("endpoints"))
    graph = RigGraph(rig)

    assert graph.nodes[graph.node(State("concerned"))].drawing == (
        "sequences/neutral_to_concerned__center/100.png"
    )
    assert graph.route(REST, State("concerned")) is not None


def test_a_state_whose_last_drawings_failed_shows_the_nearest_that_did_not() -> None:
    def has(drawing: str) -> bool:
        return drawing in {
            "endpoints/neutral__center.png",
            "sequences/neutral_to_concerned__center/050.png",
        }

    graph = RigGraph(rig_of(STANDARD, has=has))
    concerned = graph.node(State("concerned"))

    assert graph.nodes[concerned].drawing == "sequences/neutral_to_concerned__center/050.png"
    assert graph.node(State("happy_big")) is None
    assert graph.route(REST, State("happy_big")) is None
    assert graph.route(State("happy_big"), REST) is None


def test_ways_are_whole_and_their_lengths_add_up() -> None:
    graph = RigGraph(rig_of(BUILT, NINE))
    way = graph.way(
        graph.node(State("surprised_ah", "nod_up_small")), graph.node(State("lip_teeth"))
    )

    assert way.lengths[0] == 0
    assert all(0 < after - before <= 13 for before, after in pairwise(way.lengths))
    assert way.lengths[-1] == 400
    assert graph.nodes[way.nodes[-1]].state == State("lip_teeth")


def test_a_character_without_drawings_is_refused() -> None:
    with pytest.raises(CharacterInvalid) as refused:
        RigGraph(rig_of(STANDARD, has=lambda drawing: False))

    assert refused.value.details["reason"] == "empty"


def test_a_sequence_that_leads_nowhere_is_left_out() -> None:
    loop = Sequence(id="loop", start=REST, end=REST, stops=(Stop(50, "sequences/loop/050.png"),))
    rig = Rig(config=STANDARD, width=2, height=2, endpoints={REST: "a.png"}, sequences=(loop,))

    assert len(RigGraph(rig).nodes) == 1


def test_rest_is_neutral_in_the_centre_or_whatever_there_is() -> None:
    whole, poor = (
        rig_of(STANDARD),
        rig_of(STANDARD, has=lambda drawing: drawing == "endpoints/concerned__center.png"),
    )

    assert (graph := RigGraph(whole)).nodes[graph.rest].state == REST
    assert (graph := RigGraph(poor)).nodes[graph.rest].state == State("concerned")


def test_the_same_tree_in_another_order_gives_the_same_ways() -> None:
    rig = rig_of(BUILT, FIVE)
    turned_about = Rig(
        config=rig.config,
        width=rig.width,
        height=rig.height,
        endpoints=dict(reversed(rig.endpoints.items())),
        sequences=rig.sequences[::-1],
    )

    one, other = RigGraph(rig), RigGraph(turned_about)

    assert one.nodes == other.nodes
    for start, end in product(STATES[:10], STATES[-10:]):
        assert one.route(start, end) == other.route(start, end)
