import asyncio
import json
import threading
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict

import pytest

from voicelab import HangUp
from voicelab.call.tool_calls import ToolRequest
from voicelab.errors import SettingError
from voicelab.lab.home import Home
from voicelab.lab.tools import Tool, Toolbox


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Pizza:
    name: str
    size: Size = Size.SMALL


class Address(TypedDict):
    street: str


def order(
    pizzas: list[Pizza],
    address: Address | None = None,
    when: Literal["now", "later"] = "now",
    tip: Annotated[float, "In pounds."] = 0.5,
    codes: dict[str, int] | None = None,
) -> str:
    """Order pizzas.

    Parameters
    ----------
    pizzas : list
        What to bake.
    when : str
        Now or later.
    """
    assert isinstance(pizzas[0], Pizza)
    return f"{pizzas[0].name}, {pizzas[0].size.value}, {address}, {when}, {tip}, {codes}"


async def minutes(pizzas: int) -> dict[str, int]:
    await asyncio.sleep(0)
    return {"minutes": 10 * pizzas}


def where() -> str:
    """Tell the thread."""
    return threading.current_thread().name


def ask(name: str, arguments: Any = None) -> ToolRequest:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return ToolRequest("call_1", name, text)


async def test_a_function_is_described_by_its_hints_and_its_docstring():
    described = Tool(order).description
    parameters = described["parameters"]
    assert (described["type"], described["name"]) == ("function", "order")
    assert described["description"] == "Order pizzas."
    assert parameters["required"] == ["pizzas"]
    assert parameters["additionalProperties"] is False
    told = parameters["properties"]
    assert told["pizzas"]["description"] == "What to bake."
    assert told["pizzas"]["items"] == {"$ref": "#/$defs/Pizza"}
    assert told["when"] == {
        "description": "Now or later.",
        "enum": ["later", "now"],
        "default": "now",
    }
    assert told["tip"] == {"description": "In pounds.", "type": "number", "default": 0.5}
    assert told["address"]["default"] is None
    assert set(parameters["$defs"]) == {"Pizza", "Size", "Address"}
    assert parameters["$defs"]["Size"]["enum"] == ["large", "small"]
    json.dumps(described)


async def test_arguments_become_what_the_function_takes():
    toolbox = Toolbox([order, minutes], Home())
    request = ask("order", {"pizzas": [{"name": "funghi", "size": "large"}], "tip": "2"})
    assert await toolbox.run(request, "c") == "funghi, large, None, now, 2.0, None"
    assert await toolbox.run(ask("minutes", {"pizzas": 3}), "c") == '{"minutes":30}'


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("minutes", {"pizzas": "many"}, "Expected `int`"),
        ("minutes", {}, "missing required field `pizzas`"),
        ("minutes", {"pizzas": 1, "extra": 2}, "unknown field `extra`"),
        ("minutes", "{", "do not fit"),
        ("minutes", "[]", "Expected `object`"),
        ("order", {"pizzas": [{"name": "funghi", "size": "huge"}]}, "huge"),
        ("hours", {}, "no tool named 'hours'. There is: order, minutes."),
    ],
)
async def test_what_does_not_fit_is_told_to_the_model(name, arguments, words):
    told = json.loads(await Toolbox([order, minutes], Home()).run(ask(name, arguments), "c"))
    assert words in told["error"]


async def test_a_plain_function_runs_beside_the_loop_and_leaves_no_thread():
    home = Home()
    name = await Toolbox([where], home).run(ask("where"), "c")
    assert name == "voicelab function"
    await home.aclose()
    assert home.left() == []


async def test_a_model_can_hang_up_where_it_was_given_the_tool():
    toolbox = Toolbox([HangUp], Home())
    (described,) = toolbox.descriptions
    assert described["name"] == "hang_up"
    assert described["parameters"]["properties"]["reason"]["type"] == "string"
    assert await toolbox.run(ask("hang_up", {"reason": "done"}), "c") == HangUp("done")


async def test_an_agents_own_hang_up_needs_no_tool():
    assert await Toolbox([], Home()).run(ask("hang_up", {"reason": "bye"}), "c") == HangUp("bye")


async def test_a_tool_may_end_the_call():
    def cancel_order() -> HangUp:
        return HangUp("cancelled")

    assert await Toolbox([cancel_order], Home()).run(ask("cancel_order"), "c") == (
        HangUp("cancelled")
    )


async def test_what_a_tool_raises_is_for_whoever_called_it():
    def broken() -> None:
        raise LookupError("no oven")

    with pytest.raises(LookupError, match="no oven"):
        await Toolbox([broken], Home()).run(ask("broken"), "c")


def untyped(pizza): ...
def several(*pizzas: str): ...
def by_name(**pizzas: str): ...
def by_place(pizza: str, /): ...
def odd(pizza: complex): ...
def unknown(pizza: "Calzone"): ...  # noqa: F821


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (untyped, "Add a type hint, such as pizza: str"),
        (several, "Name each parameter"),
        (by_name, "Name each parameter"),
        (by_place, "Name each parameter"),
        (odd, "complex"),
        (unknown, "Calzone"),
        (lambda: None, "Write it with def"),
        (Pizza, "a function with a name"),
        ("order", "a function with a name"),
    ],
)
def test_what_cannot_be_described_is_told_in_a_sentence(given, words):
    with pytest.raises(SettingError, match=words):
        Tool(given)


async def test_two_tools_of_one_name_are_refused():
    with pytest.raises(SettingError, match="Two tools are named order"):
        Toolbox([order, order], Home())
