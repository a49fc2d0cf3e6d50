"""How each form marks a name, makes a link and calls people. Pure; what is handed in is harmless already (text.py)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from flows.channels.message import Form

LINKING: frozenset[Form] = frozenset(
    {"markdown", "discord", "commonmark", "dingtalk", "wecom", "feishu", "slack", "telegram", "mail"}
)
"""Forms in which a title can carry the link: what stands in it is escaped, and the address cannot end it early."""

# Never, whatever a configuration says: these call a whole group.
_EVERYBODY = frozenset({"all", "here", "channel", "everyone", "group", "所有人", "全体成员"})
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_PHONE = re.compile(r"[0-9]{11,14}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def bold(form: Form, text: str) -> str:
    """A name as it is marked in a sentence."""
    if form in ("terminal", "text"):
        return f"「{text}」"
    if form in ("telegram", "mail"):
        return f"<b>{text}</b>"
    return f"*{text}*" if form == "slack" else f"**{text}**"


def link(form: Form, text: str, url: str) -> str:
    """`text` that leads to `url`, an address from safe_url; in a form that is not in LINKING, both."""
    if form in ("telegram", "mail"):
        return f'<a href="{html.escape(url)}">{text}</a>'
    if form == "slack":
        return f"<{url}|{text}>"
    return f"[{text}]({url})" if form in LINKING else f"{text} {url}"


def phone(name: str) -> str:
    """The digits of a phone number, `86` of China left out; empty when it is none (an id of a service, a name)."""
    digits = re.sub(r"[ ()-]", "", name).removeprefix("+")
    if re.fullmatch(r"86" + _MOBILE.pattern, digits):
        digits = digits[2:]
    return digits if _PHONE.fullmatch(digits) else ""


def callable_people(form: Form, people: Iterable[str]) -> tuple[str, ...]:
    """Those of the list whom a message of this form can call, as its service names them; never a whole group.

    钉钉: user ids and phone numbers; 企业微信: user ids, and in text phone numbers too; 飞书: open ids, user ids, mail
    addresses; Slack: U…; Discord and Telegram: the numeric id; Telegram also @name.
    """
    found: dict[str, None] = {}
    for person in people:
        name = person.strip()
        if name.removeprefix("@").casefold() not in _EVERYBODY and (known := _known(form, name)):
            found[known] = None
    return tuple(found)


def _known(form: Form, name: str) -> str:
    number = phone(name)
    foreign = name.startswith(("ou_", "on_"))
    wanted = {
        "dingtalk": number or (name if _NAME.fullmatch(name) and not foreign else ""),
        "text": number or (name if _NAME.fullmatch(name) and not foreign else ""),
        "wecom": name if _NAME.fullmatch(name) and not foreign and not number else "",
        "feishu": name if _MAIL.fullmatch(name) or (_NAME.fullmatch(name) and not number) else "",
        "slack": name if re.fullmatch(r"[UW][A-Z0-9]{5,20}", name) else "",
        "discord": name if re.fullmatch(r"[0-9]{15,20}", name) else "",
        "telegram": name
        if re.fullmatch(r"@[A-Za-z]\w{4,31}", name, re.ASCII)
        or (re.fullmatch(r"[1-9][0-9]{4,13}", name) and not _MOBILE.fullmatch(name))
        else "",
    }
    return wanted.get(form, "")


def call(form: Form, people: Iterable[str]) -> str:
    """What calls these people (of `callable_people`) when it stands in a body; empty where a field does that alone."""
    return " ".join(filter(None, (_call(form, person) for person in people)))


def _call(form: Form, person: str) -> str:
    if form == "dingtalk":
        return f"@{person}"  # with the same in the field `at`; without it the name is not marked
    if form in ("wecom", "slack", "discord"):
        return f"<@{person}>"
    if form == "feishu":
        return f"<at email={person}></at>" if "@" in person else f"<at id={person}></at>"
    if form == "telegram":
        return person if person.startswith("@") else f'<a href="tg://user?id={person}">{person}</a>'
    return ""
