"""Python functions as a model's tools: described by their hints, called with what fits them."""

from __future__ import annotations

import functools
import inspect
import re
import typing
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeAlias

import msgspec

from voicelab.call.tool_calls import ToolRequest
from voicelab.call.turn import HANG_UP_TOOL, HangUp
from voicelab.errors import SettingError
from voicelab.lab.docstring import parameter_texts, summary
from voicelab.lab.home import Home

ToolGiven: TypeAlias = Callable[..., Any] | type[HangUp]
"""A function, plain or ``async``; or ``HangUp`` itself, with which the model can end the call."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_REFS = "#/$defs/{name}"
_ORDINARY = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


async def hang_up(reason: str = "") -> HangUp:
    """End the call, once everything is said and the caller has nothing more to ask.

    Parameters
    ----------
    reason : str
        Why, in a few words.
    """
    return HangUp(reason)


class Tool:
    """One function that a model may call.

    Parameters
    ----------
    function : callable
        With type hints; its docstring tells the model what it does.

    Attributes
    ----------
    name : str
    description : dict
        As the session takes it.

    Raises
    ------
    SettingError
        Where it cannot be described to a model; the message says what to change.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = _name_of(function)
        self._function = function
        self._arguments = _arguments_type(self.name, function)
        self.description: dict[str, Any] = {
            "type": "function",
            "name": self.name,
            "parameters": _schema(self.name, function, self._arguments),
        }
        if about := summary(function.__doc__):
            self.description["description"] = about

    def parse(self, arguments: str) -> dict[str, Any]:
        """Read JSON as what the function takes, by parameter name.

        Raises
        ------
        msgspec.MsgspecError
            Where it does not fit.
        """
        given = msgspec.json.decode(arguments or "{}", type=self._arguments, strict=False)
        fields = {name: getattr(given, name) for name in self._arguments.__struct_fields__}
        return {name: value for name, value in fields.items() if value is not msgspec.UNSET}

    async def call(self, keywords: dict[str, Any], home: Home) -> str | HangUp:
        """Call it; a plain function is called on a thread of its own."""
        if inspect.iscoroutinefunction(inspect.unwrap(self._function)):
            result = await self._function(**keywords)
        else:
            result = await home.off_loop(functools.partial(self._function, **keywords))
            if inspect.isawaitable(result):
                result = await result
        return _result(result)


class Toolbox:
    """The tools of one agent.

    Parameters
    ----------
    given : iterable
        Functions, and ``HangUp``.
    home : Home
        Where they run.

    Raises
    ------
    SettingError
        Where one cannot be described, or two have the same name.
    """

    def __init__(self, given: Iterable[ToolGiven], home: Home) -> None:
        self._home = home
        self._tools: dict[str, Tool] = {}
        for tool in map(as_tool, given):
            if tool.name in self._tools:
                raise SettingError(f"Two tools are named {tool.name}. Rename one.")
            self._tools[tool.name] = tool

    @property
    def descriptions(self) -> tuple[dict[str, Any], ...]:
        """As the session takes them."""
        return tuple(tool.description for tool in self._tools.values())

    async def run(self, request: ToolRequest, call_id: str) -> str | HangUp:
        """Do what the model asks; what is wrong with it, the model is told."""
        tool = self._tools.get(request.name)
        if tool is None and request.name == HANG_UP_TOOL:  # a HangUp goes over the wire as this
            tool = as_tool(HangUp)
        if tool is None:
            known = ", ".join(self._tools) or "none"
            return _problem(f"There is no tool named {request.name[:64]!a}. There is: {known}.")
        try:
            keywords = tool.parse(request.arguments)
        except msgspec.MsgspecError as error:
            return _problem(f"The arguments of {tool.name} do not fit: {error}.")
        return await self._home.run(tool.call(keywords, self._home))


def as_tool(given: ToolGiven) -> Tool:
    """Describe a function, or ``HangUp``."""
    return Tool(hang_up if given is HangUp else given)


def _name_of(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", None)
    if isinstance(function, type) or name is None:
        raise SettingError(f"A tool is a function with a name, or HangUp; this is {function!r}.")
    if not _NAME.fullmatch(name):
        raise SettingError(f"A model cannot call a tool named {name!r}. Write it with def.")
    return str(name)


def _arguments_type(name: str, function: Callable[..., Any]) -> type[msgspec.Struct]:
    """Make the type of what a function takes; a parameter with a default may be left out."""
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise SettingError(f"The type hints of {name} cannot be read: {error}.") from None
    texts = parameter_texts(function.__doc__)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in _ORDINARY:
            raise SettingError(
                f"A model cannot fill {parameter} of {name}. Name each parameter on its own."
            )
        if parameter.name not in hints:
            raise SettingError(
                f"{name} does not say what its parameter {parameter.name} is. "
                f"Add a type hint, such as {parameter.name}: str."
            )
        hint = _described(hints[parameter.name], texts.get(parameter.name))
        if parameter.default is inspect.Parameter.empty:
            fields.append((parameter.name, hint))
        else:
            fields.append((parameter.name, hint | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True)


def _described(hint: Any, text: str | None) -> Any:
    """Put words about a parameter into its type; those of an ``Annotated`` come first."""
    kind, *extras = typing.get_args(hint) if typing.get_origin(hint) is Annotated else (hint,)
    words = [extra for extra in extras if isinstance(extra, str)] or ([text] if text else [])
    metas = [extra for extra in extras if isinstance(extra, msgspec.Meta)]
    if words and not any(meta.description for meta in metas):
        metas.append(msgspec.Meta(description=words[0]))
    for meta in metas:
        kind = Annotated[kind, meta]
    return kind


def _schema(
    name: str, function: Callable[..., Any], arguments: type[msgspec.Struct]
) -> dict[str, Any]:
    try:
        (reference,), parts = msgspec.json.schema_components([arguments], ref_template=_REFS)
    except TypeError as error:
        raise SettingError(
            f"The parameters of {name} cannot be described to a model: "
            f"{str(error).splitlines()[-1].rstrip('.')}. "
            "Use str, int, float, bool, list, dict, Literal, Enum, a dataclass or a TypedDict."
        ) from None
    schema: dict[str, Any] = parts.pop(reference["$ref"].rpartition("/")[2])
    schema.pop("title", None)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is not inspect.Parameter.empty:
            _add_default(schema["properties"][parameter.name], parameter.default)
    if parts:
        schema["$defs"] = parts
    return schema


def _add_default(described: dict[str, Any], value: Any) -> None:
    try:
        described["default"] = msgspec.to_builtins(value)
    except TypeError:  # not sayable in JSON, and left out when the function is called
        described.pop("default", None)


def _result(value: Any) -> str | HangUp:
    if isinstance(value, str | HangUp):
        return value
    return msgspec.json.encode(value, enc_hook=str).decode()


def _problem(text: str) -> str:
    return msgspec.json.encode({"error": text}).decode()
