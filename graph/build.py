"""The graph of one turn, compiled once: every turn runs from START to END."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graph import form_routes, routes
from graph.context import Context
from graph.nodes.acknowledge import acknowledge
from graph.nodes.add_comment import add_comment
from graph.nodes.add_quoted import add_quoted
from graph.nodes.answer import answer
from graph.nodes.answer_outside import answer_outside
from graph.nodes.ask_comment import ask_comment
from graph.nodes.ask_description import ask_description
from graph.nodes.ask_email import ask_email
from graph.nodes.ask_field import ask_field
from graph.nodes.ask_rating import ask_rating
from graph.nodes.ask_topic import ask_topic
from graph.nodes.calm import calm
from graph.nodes.change_field import change_field
from graph.nodes.chat import chat
from graph.nodes.check_code import check_code
from graph.nodes.check_form import check_form
from graph.nodes.choose_category import choose_category
from graph.nodes.close_request import close_request
from graph.nodes.confirm_request import confirm_request
from graph.nodes.correct_request import correct_request
from graph.nodes.drop_request import drop_request
from graph.nodes.end_session import end_session
from graph.nodes.erase_data import erase_data
from graph.nodes.excuse_stale import excuse_stale
from graph.nodes.explain_field import explain_field
from graph.nodes.explain_rating import explain_rating
from graph.nodes.fill_fields import fill_fields
from graph.nodes.find_similar import find_similar
from graph.nodes.follow_tap import follow_tap
from graph.nodes.follow_wish import follow_wish
from graph.nodes.greet import greet
from graph.nodes.hand_off import hand_off
from graph.nodes.join_outage import join_outage
from graph.nodes.join_similar import join_similar
from graph.nodes.join_topic import join_topic
from graph.nodes.leave_field import leave_field
from graph.nodes.list_categories import list_categories
from graph.nodes.listen import listen
from graph.nodes.look_outside import look_outside
from graph.nodes.misread import misread
from graph.nodes.move_request import move_request
from graph.nodes.note_wish import note_wish
from graph.nodes.offer_articles import offer_articles
from graph.nodes.offer_outage import offer_outage
from graph.nodes.offer_person import offer_person
from graph.nodes.open_article import open_article
from graph.nodes.pass_outage import pass_outage
from graph.nodes.pass_topic import pass_topic
from graph.nodes.propose_comment import propose_comment
from graph.nodes.propose_next import propose_next
from graph.nodes.propose_request import propose_request
from graph.nodes.rate_request import rate_request
from graph.nodes.remind_code import remind_code
from graph.nodes.reopen_request import reopen_request
from graph.nodes.resume_form import resume_form
from graph.nodes.revive_request import revive_request
from graph.nodes.rewrite_description import rewrite_description
from graph.nodes.search import search
from graph.nodes.send_code import send_code
from graph.nodes.settle_answer import settle_answer
from graph.nodes.show_status import show_status
from graph.nodes.show_summary import show_summary
from graph.nodes.skip_next import skip_next
from graph.nodes.start_request import start_request
from graph.nodes.step_back import step_back
from graph.nodes.switch_language import switch_language
from graph.nodes.switch_notices import switch_notices
from graph.nodes.take_back import take_back
from graph.nodes.take_next import take_next
from graph.nodes.take_value import take_value
from graph.nodes.understand import understand
from graph.nodes.welcome import welcome
from graph.nodes.wind_up import wind_up
from graph.nodes.write_comment import write_comment
from graph.state import State, Turn, Update


class Node(Protocol):
    """A node as LangGraph calls it: the world comes as `runtime`, by that name."""

    __name__: str

    def __call__(self, state: State, *, runtime: Turn) -> Awaitable[Update]:
        """Return only what changes."""
        ...


Graph = CompiledStateGraph[State, Context, State, State]

NODES: tuple[Node, ...] = (
    acknowledge, add_comment, add_quoted, answer, answer_outside, ask_comment, ask_description, ask_email, ask_field,
    ask_rating, ask_topic, calm, change_field, chat, check_code, check_form, choose_category, close_request,
    confirm_request, correct_request, drop_request, end_session, erase_data, excuse_stale, explain_field,
    explain_rating, fill_fields, find_similar, follow_tap, follow_wish, greet, hand_off, join_outage, join_similar,
    join_topic, leave_field, list_categories, listen, look_outside, misread, move_request, note_wish, offer_articles,
    offer_outage, offer_person, open_article, pass_outage, pass_topic, propose_comment, propose_next, propose_request,
    rate_request, remind_code, reopen_request, resume_form, revive_request, rewrite_description, search, send_code,
    settle_answer, show_status, show_summary, skip_next, start_request, step_back, switch_language, switch_notices,
    take_back, take_next, take_value, understand, welcome, wind_up, write_comment,
)  # fmt: skip

BRANCHES: tuple[tuple[str, routes.Route, tuple[str, ...]], ...] = (
    (
        "listen",
        routes.hear,
        (
            "understand", "greet", "acknowledge", "rate_request", "follow_tap", "follow_wish", "take_back",
            "add_quoted", "join_topic", "ask_topic", "switch_notices", END,
        ),
    ),
    ("take_back", routes.taken_back, ("start_request", "ask_email", END)),
    ("follow_tap", routes.tapped, ("excuse_stale", *routes.TAPPED)),
    ("understand", routes.heard, ("greet", "calm", "follow_wish", "switch_language")),
    ("calm", routes.calmed, ("follow_wish", END)),
    ("follow_wish", routes.understood, routes.UNDERSTOOD),
    ("greet", routes.greeted, routes.STRANGER),
    ("check_code", routes.checked, ("welcome", END)),
    ("welcome", routes.welcomed, ("understand", END)),
    ("search", routes.searched, ("answer", "offer_articles", "look_outside", "propose_request", "offer_outage")),
    ("open_article", routes.opened, ("answer", "propose_request")),
    ("answer", routes.answered, ("offer_articles", "propose_request", "wind_up")),
    ("look_outside", routes.looked, ("answer_outside", "propose_request")),
    ("answer_outside", routes.answered_outside, ("propose_request", "wind_up")),
    ("pass_outage", routes.passed, ("search", "start_request")),
    ("start_request", routes.started, ("offer_outage", "find_similar", END)),
    ("choose_category", routes.started, ("find_similar", END)),
    ("find_similar", form_routes.compared, ("fill_fields", END)),
    ("fill_fields", form_routes.filled, ("check_form", "explain_field", "correct_request", "show_summary", "chat")),
    ("take_value", form_routes.filled, ("check_form", "explain_field", "correct_request", "show_summary", "chat")),
    ("check_form", form_routes.form_checked, ("ask_field", "show_summary", END)),
    ("wind_up", routes.wound_up, ("resume_form", "take_next", "propose_next", END)),
    ("pass_topic", routes.topic_passed, ("take_next", END)),
    ("take_next", routes.taken, ("search", "start_request", "show_status", "propose_comment", "hand_off")),
)  # fmt: skip
"""Decisions: from a node, by a route, to one of these."""

EDGES: tuple[tuple[str, str], ...] = (
    (START, "listen"), ("leave_field", "check_form"), ("change_field", "check_form"),
    ("step_back", "check_form"), ("resume_form", "check_form"),
    ("rewrite_description", "check_form"), ("move_request", "fill_fields"),
)  # fmt: skip
ENDS = (
    "ask_email", "send_code", "remind_code", "offer_person", "end_session", "erase_data", "offer_outage",
    "list_categories",
    "ask_field", "explain_field", "show_summary", "correct_request", "ask_description", "ask_comment",
    "propose_comment",
    "ask_rating", "propose_next", "hand_off", "misread",
)  # fmt: skip
"""After these somebody else has the word."""

RETURNS = (
    "offer_articles", "propose_request", "settle_answer", "join_outage", "join_similar", "drop_request", "show_status",
    "write_comment", "add_comment", "add_quoted", "close_request", "reopen_request", "rate_request", "chat",
    "acknowledge", "excuse_stale", "skip_next", "note_wish", "confirm_request", "switch_language",
)  # fmt: skip
"""After these an open form is resumed, or the next wish taken up."""


def build(checkpointer: BaseCheckpointSaver[Any], around: Callable[[Node], Node] | None = None) -> Graph:
    """Compile it, each node as `around` returns it; `durability="exit"` belongs to every invocation."""
    graph = StateGraph(State, context_schema=Context)
    for node in NODES:
        graph.add_node(node.__name__, around(node) if around else node)
    for source, target in EDGES:
        graph.add_edge(source, target)
    for source in ENDS:
        graph.add_edge(source, END)
    for source in RETURNS:
        graph.add_edge(source, "wind_up")
    for source, route, targets in BRANCHES:
        graph.add_conditional_edges(source, _on_the_loop(route), list(dict.fromkeys(targets)))
    return graph.compile(checkpointer=checkpointer)


def _on_the_loop(route: routes.Route) -> Callable[[State, Turn], Awaitable[Any]]:
    """A decision as a coroutine: LangGraph sends a plain function to a thread, which takes longer than to decide."""

    @wraps(route)
    async def decide(state: State, runtime: Turn) -> Any:
        return route(state, runtime)

    return decide
