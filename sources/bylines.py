"""Credit lines: who wrote, edited and published, read out of the lines above and below a text.

    作者 | 张三            文/张三 编辑/李四        采写：张三          By Jane Doe and John Roe
    出品 | 腾讯新闻 《潜望》    来源：新华社            （记者 张三 李四）
    本文来自微信公众号“X”（ID：x），作者：Y，36氪经授权发布。

Only lines of that shape count, never prose: each part is a role word, a separator and names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sources.blocks import nfkc
from sources.outlet_names import known_outlet, looks_like_publisher
from sources.person_names import is_person

HEAD_LINES = 12
TAIL_LINES = 12
_LONGEST = 120

_AUTHOR = (
    "作者|撰文|撰稿|采写|采访|执笔|整理|编译|文字|本报记者|记者|采编|撰写|"
    "author|written by|words by|reporting by|text by"
)
_EDITOR = "编辑|责任编辑|责编|主编|值班编辑|编审|editor|edited by"
_OUTLET = "出品|来源|稿源|文章来源|本文来源|内容来源|信息来源|文章出处|出处|转自|首发|source"
_ACCOUNT = "公众号|微信公众号|授权转载自?|转载自"
_OTHER = (
    "题图|头图|封面|封面图|首图|配图|图片|图片来源|图源|摄影|视觉|设计|插画|制图|排版|校对|审校|审\\s?读|监\\s?制|策划|统筹|"
    "制作|制片|运营|翻译|译者|"
    "译|口述|后期|剪辑|嘉宾|主播|主持|主持人|微信号|微信|微博|邮箱|id|出品人|总编辑|总监制|实习生|photos? by|"
    "photography by|translated by|illustration by"
)
_ANY = f"{_AUTHOR}|{_EDITOR}|{_OUTLET}|{_ACCOUNT}|{_OTHER}|文|图"
_SINGLE = f"(?:{_ANY})"
_ROLE = rf"{_SINGLE}(?:\s?[/、&和与及,]\s?{_SINGLE})*"
_BAR = r"[|丨/\\]"
_ROLE_ALONE = re.compile(_ANY, re.I)
_PART = re.compile(rf"(?:^|(?<=[\s　;；,，、)]))[【\[(]?(?P<role>{_ROLE})\s*(?P<sep>{_BAR}|[:：])\s*", re.I)
# One person wrote and took the pictures: 文/图 张三 · 图文：张三.
_BOTH = re.compile(r"^(?P<open>[(【\[]?)(?:(?:文\s?/\s?图|图\s?/\s?文)\s*[:|/]?|图文\s*[:|/])\s*(?=\S)")
_BEFORE = " 【[(-—"
# What stands before the first role: 某某支部供稿 摄影/张三
_OFFERED = re.compile(r"[^。，！？:|]{2,24}供稿")
# A role that was glued to the name before it: 作者：张三编辑：李四
_GLUED_ROLE = re.compile(r"(?P<name>[:：]\s?[一-鿿]{2,8}?)(?=(?:责任编辑|责编|编辑|校对|摄影)[:：])")
_SPACED = re.compile(r"^(?P<role>作者|文|撰文|记者|编辑|责任编辑|责编|来源|出品)\s+(?P<value>\S.{0,24})$")
_BY = re.compile(
    r"^by (?P<names>[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]*)*(?:(?:, | and |, and )[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]*)*)*)$",
    re.I,
)
_PICTURE = re.compile(
    r"^(?:题图|头图|封面图?|首图|配图|本文图片|文中图片|图片)均?(?:来自|来源于?|源自|由|为|[:：]).{1,40}$"
)

_QUOTED = r"[“\"「『‘'《]?(?P<account>[^“”\"「」『』‘’()（）,，。:：]{2,30}?)[”\"」』’'》]?"
_TAIL = re.compile(
    rf"^[(（【*]*(?:本文|文章|本篇|内容|原文)?\s*(?:来自|源自|首发于|转载自|转自|选自|出自|授权转载自|来源于?|"
    rf"由)\s*[:：]?\s*"
    rf"(?:微信)?(?:公众平台|公众号|订阅号|账号|号)?\s*[:：]?\s*{_QUOTED}\s*(?:[(（](?:微信号|"
    rf"公众号)?\s*id\s*[:：]?[^()（）]*[)）])?"
    rf"\s*(?:(?:[,，;；。]|\s|$).*)$",
    re.I,
)
_REPRINTS = ("本文", "文章", "原文", "内容", "本篇", "转自", "转载自", "选自")
_TAIL_AUTHOR = re.compile(r"(?:原文)?(?:作者|文|撰文|撰稿)\s*[:：|｜/]\s*(?P<names>[^,，。;；|｜]{1,30})")
_TAIL_EDITOR = re.compile(r"(?:编辑|责编)\s*[:：|｜/]\s*(?P<names>[^,，。;；|｜]{1,30})")
_AUTHORISED = re.compile(r"^.{0,60}?(?:经|获|已获).{0,12}授权.{0,4}(?:发布|转载|刊发|编发|使用)。?[)）]?$")
_REPORTERS = re.compile(
    r"[(（【](?:[一-鿿A-Za-z]{0,12}记者\s*[:：/|｜]?|(?:图\s?/?\s?)?文(?:\s?/\s?图)?(?:\s*[:：/|｜]|(?=\s)))\s*"
    r"(?P<names>[^()（）。，,；;]{2,30})[)）】]"
)
# 扬子晚报记者 张三 · 某报见习记者 张三 通讯员 李四
_SIGNED = re.compile(
    r"(?P<medium>[一-鿿A-Za-z0-9]{0,12}?)(?:见习|实习|特约|首席|本报|本刊)?(?:记者|通讯员|特约撰稿人?)[\s:/|]+(?P<names>\S.{1,30})"
)

_SIGNING = ("记者", "通讯员", "特约撰稿")
_FROM = re.compile(r"(?P<names>[^,，。:：]{2,20}?)\s*发自\s*[^\s,，。]{2,10}")
_ACCOUNT_ID = re.compile(r"(?P<outlet>[^|,，。:：]{2,16}?)\s*\|\s*(?:微信)?(?:公众号|视频号)\s*[:：]?\s*[\w-]{2,24}")

_NOT_A_NAME = re.compile(r"[我你他她它们吗呢吧了很怎哪这那么]|什么|没有|可以|就是|不是|因为|所以|如果|已经")
_LABEL = re.compile(
    r"(?:查看|返回|点击|展开|收起)[一-鿿]{0,4}|(?:[中英]文)?(?:原声|字幕)|更多[一-鿿]{0,2}|全文|原文|举报|纠错|打印|复制链接"
    r"|(?:阅读|打开|下载|登录|注册|分享|收藏|点赞|关注)(?:更多|全文|原文|全部|账号|我们|朋友圈|到|至)?"
)
# A name that the words of a button were glued to: 张三返回首页.
_GLUED = re.compile(
    r"(?P<name>[一-鿿]{2,4}?)(?:查看|返回|点击|展开|收起|阅读|打开|下载|举报|分享|更多|评论|收藏|打印|我来说|我要)[一-鿿]*"
)
_NAME_TAIL = re.compile(r"(?:\s*(?:发自|编译自|实习生|实习记者|综合报道)|\s+(?:综合|整理|整合|报道|摄|文)(?:\s|$)).*$")
_NAME_HEAD = re.compile(r"^[一-鿿A-Za-z]{0,8}?(?:记者|作者|编辑|撰稿人|专栏作家|评论员|观察员)\s*[:：]?\s*(?=\S)")


# Under the last paragraph in brackets it is printed as the text's last words; its outlet is read all the same.
_CLOSING = re.compile(r"[(（](?:来源|稿源)\s*[:：][^()（）]{2,24}[)）]")
# What every credit line has one of.
_STARTS = re.compile(
    r"[\W_]*(?:本文|文章|原文|内容|本篇|转自|转载自|选自|题图|头图|封面|首图|配图|文中图片|图片|by |"
    r"(?:作者|文|撰文|记者|编辑|责任编辑|责编|来源|出品)\s)",
    re.I,
)
_MARKS = re.compile(r"[|｜丨︱:：/／\\＼(（【]")
_MARK_WORDS = ("记者", "通讯员", "撰稿人", "发自", "授权")

_COMMON_NOUN_WORDS = "视觉 设计 制作 策划 运营 翻译 后期 剪辑 摄影 图片 插画 整理 文字 采访 统筹"
_COMMON_NOUNS = frozenset(_COMMON_NOUN_WORDS.split())
_TEAMS = ("组", "部", "团队", "工作室", "栏目", "频道")


@dataclass(frozen=True, slots=True)
class Byline:
    """What credit lines say. `lines` were taken as credits, `rest` are the others, both in their order.

    `outlet` is who published it (出品, 来源), `source_account` the WeChat account that a reprint names
    (本文来自微信公众号“X”). `prose`: those of `rest` that were looked at and are no credits.
    """

    authors: tuple[str, ...] = ()
    outlet: str = ""
    source_account: str = ""
    editors: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    prose: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(slots=True)
class _Credits:
    authors: list[str] = field(default_factory=list)
    produced: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    account: str = ""
    editors: list[str] = field(default_factory=list)


def split_byline(lines: Sequence[str], prose: Collection[str] = ()) -> Byline:
    """Takes the credit lines out of the first and last dozen of non-blank `lines`; the lines between are never touched.
    `prose`: lines that an earlier look at the same text found to be no credits.

    A `（记者 …）` inside the first or last line of prose gives the author and stays where it is.
    """
    shown = [index for index, line in enumerate(lines) if line.strip()]
    edge = {*shown[:HEAD_LINES], *shown[-TAIL_LINES:]}
    credits, taken, rest = _Credits(), [], []
    passed: set[str] = set()
    for index, line in enumerate(lines):
        is_read = index in edge and line not in prose and _read(line, credits)
        if index in edge and not is_read:
            passed.add(line)
        if is_read and not (index == shown[-1] and _CLOSING.fullmatch(line.strip())):
            taken.append(line)
        else:
            rest.append(line)
    if not credits.authors:
        said = [line for line in rest if line.strip()]
        for line in (*said[:2], *said[-2:]):
            _inline(line, credits)
    return Byline(
        authors=_unique(credits.authors),
        outlet=next(iter([*credits.produced, *credits.sources]), ""),
        source_account=credits.account,
        editors=_unique(credits.editors),
        lines=tuple(taken),
        rest=tuple(rest),
        prose=frozenset(passed),
    )


def is_credit(line: str) -> bool:
    """Whether a line is nothing but credits."""
    return _read(line, _Credits())


def outlet_name(raw: str) -> str:
    """An outlet's name without its account id, quotes and stray spaces; known outlets get their usual spelling.

    `腾讯新闻 《潜望》` → `腾讯新闻《潜望》`, `河岸周刊编辑组 张三` → `河岸周刊编辑组`, `CSDN（ID：CSDNnews）` → `CSDN`, `虎嗅APP` → `虎嗅`.
    """
    name = re.sub(r"^\s*(?:微信)?公众号\s*[:：|]?\s*", "", re.sub(r"[(（【\[].*?(?:[)）】\]]|$)", "", raw))
    name = re.sub(r"\s*(?:微信)?(?:公众号|订阅号|微信号|ID)\s*[:：].*$", "", name, flags=re.I).strip(
        " \t\u3000\xa0,，。.;；:：|｜·-—"
    )
    name = re.sub(rf"(?<=[一-鿿])({'|'.join(_TEAMS)})\s+[一-鿿]{{2,4}}$", r"\1", name)  # its team's member is no outlet
    name = re.sub(r"(?<=[一-鿿》])\s+(?=[一-鿿《])", "", name)
    if re.fullmatch(r"[“\"「『‘'].*[”\"」』’']", name):
        name = name[1:-1]
    if known_outlet(name) or not name.endswith(_TEAMS):
        return known_outlet(name) or name
    return next((known for end in range(len(name) - 1, 1, -1) if (known := known_outlet(name[:end]))), name)


def names_in(value: str) -> list[str]:
    """The personal or pen names in the value of a credit: `张 三、李四` → 张三, 李四; Latin names keep their spaces."""
    value = re.sub(r"[(（【\[].*?(?:[)）】\]]|$)", " ", value)
    value = _NAME_HEAD.sub("", value.strip(" \t\u3000\xa0。.|｜·*"))
    found: list[str] = []
    for part in re.split(r"[、，,/／&＆;；|｜＋+]|\sand\s|(?<=[一-鿿]{2})[和与](?=[一-鿿]{2})", value):
        loose = ""
        for token in _NAME_TAIL.sub("", part).split():
            latin = bool(re.match(r"[A-Za-z]", token))
            if loose and (latin == bool(re.match(r"[A-Za-z]", loose[-1]))) and (latin or len(loose) == 1):
                loose = f"{loose} {token}" if latin else loose + token
                continue
            if loose:
                found.append(loose)
            loose = token
        if loose:
            found.append(loose)
    found = [re.sub(r"^(?:见习|实习)?(?:记者|通讯员)(?=[一-鿿]{2,4}$)", "", n) for n in found]
    found = [glued["name"] if (glued := _GLUED.fullmatch(n)) and is_person(glued["name"]) else n for n in found]
    return [n for n in found if (1 < len(n) <= 30 or re.fullmatch(r"[一-鿿]", n)) and not is_label(n)]


def is_label(name: str) -> bool:
    """Whether a word that stands where a name should is a role (责任编辑) or a button's (查看更多)."""
    return bool(_ROLE_ALONE.fullmatch(name) or _LABEL.fullmatch(name))


def _read(line: str, credits: _Credits) -> bool:
    """Reads one line into `credits` if it is a credit line."""
    # Nearly all lines are prose; those that could be credits show it.
    if not ((len(line) <= _LONGEST and _has_mark(line)) or _STARTS.match(line)):
        return False
    text = nfkc(line.replace("丨", "|").replace("︱", "|")).strip(" *_>·□■●◎◆\t")
    if not text or len(text) > 2 * _LONGEST:
        return False
    if "图" in text[:6]:
        text = _BOTH.sub(r"\g<open>文:", text)
    if ":" in text:
        text = _GLUED_ROLE.sub(r"\g<name> ", text)
    if len(text) <= _LONGEST and (
        _parts(text, credits) or _by(text, credits) or _PICTURE.fullmatch(text.strip("()（）【】"))
    ):
        return True
    return any(read(text, credits) for read in (_reprint, _reporters, _signed, _account_style))


def _has_mark(line: str) -> bool:
    return _MARKS.search(line) is not None or any(word in line for word in _MARK_WORDS)


def _parts(text: str, credits: _Credits) -> bool:
    spaced = _SPACED.fullmatch(text)
    if not spaced and "供稿" not in text:
        lead = len(text) - len(text.lstrip(_BEFORE))
        if not any(_PART.match(text, at) for at in range(lead + 1)):
            return False  # a role further on is in prose
    found = list(_PART.finditer(text))
    if not found:
        if not spaced or not all(is_person(n) or looks_like_publisher(n) for n in names_in(spaced["value"]) or [""]):
            return False
        _credit(spaced["role"], spaced["value"], credits)
        return True
    before = text[: found[0].start()].strip(_BEFORE)
    if before and not _OFFERED.fullmatch(before):
        return False
    ends = [match.start() for match in found[1:]] + [len(text)]
    parts = [
        (m["role"].lower(), m["sep"], text[m.end() : end].strip(" )】];；,，"))
        for m, end in zip(found, ends, strict=True)
    ]
    if not all(_is_value(role, sep, value) for role, sep, value in parts):
        return False
    for role, _, value in parts:
        _credit(role, value, credits)
    return True


def _is_value(role: str, sep: str, value: str) -> bool:
    """A bar is only ever a credit; after a colon or slash somebody may be talking, so the value must be names."""
    if not value or len(value) > 60 or re.search(r"[。！？!?…]", value.rstrip("。")):
        return False
    if re.search(r"[)】\]]", re.sub(r"[(【\[][^)】\]]*[)】\]]", "", value)):
        return False  # the bracket closed and prose went on
    if role in ("图", "文") and sep not in "/|:：":
        return False
    if sep == "|":
        return len(names_in(value)) <= 12
    names = names_in(value)
    if role in ("嘉宾", "主播", "主持", "主持人", "口述"):  # they may be talking
        return bool(names) and all(map(is_person, names))
    if role in _COMMON_NOUNS and not all(len(n) <= 4 or n.isascii() or looks_like_publisher(n) for n in names):
        return False
    return _plain_names(value)


def _plain_names(value: str) -> bool:
    names = names_in(value)
    return 0 < len(names) <= 8 and not any(
        len(n) > 24 or re.search(r"[，,。]", n) or _NOT_A_NAME.search(n) for n in names
    )


def _credit(role: str, value: str, credits: _Credits) -> None:
    for single in re.split(r"\s?[/、&和与及,]\s?", role.strip().lower()):
        if single == "文" or re.fullmatch(_AUTHOR, single):
            credits.authors.extend(n for n in names_in(value) if not known_outlet(n) or len(names_in(value)) == 1)
        elif re.fullmatch(_EDITOR, single):
            credits.editors.extend(names_in(value))
        elif single == "出品":
            credits.produced.append(outlet_name(value))
        elif re.fullmatch(_OUTLET, single):
            credits.sources.append(outlet_name(value))
        elif re.fullmatch(_ACCOUNT, single):
            credits.account = credits.account or outlet_name(value)


def _by(text: str, credits: _Credits) -> bool:
    match = _BY.fullmatch(text) if text[:1] in ("b", "B") else None
    if not match:
        return False
    names = [name.strip() for name in re.split(r",? and |, ", match["names"])]
    if any(not name or len(name.split()) > 4 or not all(w[0].isupper() for w in name.split()) for name in names):
        return False
    credits.authors.extend(names)
    return True


def _reprint(text: str, credits: _Credits) -> bool:
    """本文来自微信公众号“X”，作者：Y，36氪经授权发布。"""
    if "授权" in text and _AUTHORISED.fullmatch(text) and "本文" not in text[:4]:
        return len(text) <= 60
    if not text.lstrip("([【*").startswith(_REPRINTS):
        return False
    match = _TAIL.fullmatch(text)
    if not match:
        return False
    account = match["account"]
    if _NOT_A_NAME.search(account) or len(account) > 24:
        return False
    if not (re.search("公众号|公众平台|授权|作者", text) or looks_like_publisher(account)):
        return False
    credits.account = credits.account or outlet_name(account)
    for author in _TAIL_AUTHOR.finditer(text):
        credits.authors.extend(names_in(author["names"]))
    for editor in _TAIL_EDITOR.finditer(text):
        credits.editors.extend(names_in(editor["names"]))
    return True


def _account_style(text: str, credits: _Credits) -> bool:
    """`衡宇 发自 凹非寺` · `量子位 | 公众号 QbitAI`: how WeChat accounts sign."""
    if "发自" in text and (match := _FROM.fullmatch(text)):
        credits.authors.extend(names_in(match["names"]))
        return True
    if "|" in text and (match := _ACCOUNT_ID.fullmatch(text)):
        credits.sources.append(outlet_name(match["outlet"]))
        return True
    return False


def _reporters(text: str, credits: _Credits) -> bool:
    match = _REPORTERS.fullmatch(text)
    if not match or not _plain_names(match["names"]):
        return False
    credits.authors.extend(names_in(match["names"]))
    return True


def _signed(text: str, credits: _Credits) -> bool:
    """A medium's reporters in a line of their own, nothing but names of people behind the role."""
    match = _SIGNED.fullmatch(text) if any(word in text for word in _SIGNING) else None
    if not match or _NOT_A_NAME.search(match["medium"]):
        return False
    signed = re.sub(r"\s[一-鿿]{2,8}报道$", "", match["names"])  # 某报记者 张三 河岸县报道
    names = names_in(re.sub(r"\s(?:见习|实习)?(?:记者|通讯员)[\s:/|]+", " ", signed))
    if not names or not all(map(is_person, names)):
        return False
    credits.authors.extend(names)
    return True


def _inline(line: str, credits: _Credits) -> None:
    """`新华社巴黎12月9日电（记者唐某）…`, `【文/某某】…`: evidence of the author within prose."""
    for part in (line[:80], line[-60:]):
        match = _REPORTERS.search(nfkc(part))
        if match and _plain_names(match["names"]):
            names = names_in(re.sub(r"^\S*(?:专栏作者|作者|记者)\s*", "", match["names"]))
            credits.authors.extend(name for name in names if not looks_like_publisher(name))
            return


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
