"""Notices that stand where an article was: withdrawn, removed, expired. They come as 200 and are no articles."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from sources.address import redact
from sources.blocks import paragraphs, text_of
from sources.challenge import MOST_TEXT, challenge_in
from sources.document import Document
from sources.errors import Blocked, Gone

_MOST_TEXT = 600  # characters on a page that is nothing but its notice; articles may quote any of these words
_MOST_NOTICE = 120  # where the outlet's articles have their text
_LONGEST_LINE = 40

# WeChat's own boxes (outlets.md §7.3): whatever stands in one of them is said instead of the article.
_BOXES = (
    ".weui-msg__title",
    ".weui-msg .title",
    ".mesg-block",
    ".global_error_msg",
    "#js_error_msg",
    ".text_area .title",
)
_VERIFY = re.compile(r"环境异常|完成验证|操作频繁|访问过于频繁|请在微信(?:客户端)?(?:中)?打开")
_ASKED = re.compile(r"访问(?:过于|太|太过)频繁.{0,40}验证|(?:需要|请)您?协助验证")  # in the middle of a page of its own
_GONE = re.compile(
    r"""(?:该|此|本)?(?:内容|文章|页面|新闻|帖子|网页|稿件|资源|链接)(?:已经?|已被|因.{0,12})?(?:被)?.{0,6}(?:删除|下线|下架|撤回|过期|失效|不存在|无法查看|停止访问)
    |(?:该|此)?(?:公众号|帐号|账号|用户)(?:已|被|因).{0,14}(?:注销|封禁|屏蔽|停用|迁移|冻结)
    |原文已被删除|您(?:访问|查看|请求|浏览)的.{0,8}(?:不存在|已删除|找不到|走丢)|页面(?:没有)?找不到|抱歉.{0,12}(?:不存在|已删除|被删除)
    |[Tt]he\s+content\s+has\s+been\s+deleted|has\s+been\s+(?:deleted|removed)\s+by\s+the\s+author|[Tt]his\s+(?:content|link)\s+has\s+(?:expired|been)
    |^404\b|Page\s+[Nn]ot\s+[Ff]ound|There['’]s\s+nothing\s+here""",
    re.VERBOSE,
)  # fmt: skip


def raise_if_refused(doc: Document, found: Sequence[str] | None = None) -> None:
    """Raises Blocked for a challenge page or a notice that asks for a check, Gone for a tombstone; else nothing.

    `found`: the text that an outlet's reader found where its articles have theirs. When that is more than a notice, the
    page is not looked at again.
    """
    most, lines = (MOST_TEXT, doc.lines) if found is None else (_MOST_NOTICE, found)
    if sum(map(len, lines)) > most:
        return
    raise_if_challenge(doc)
    if found is None:
        raise_if_gone(doc.tree, doc.url)
    else:
        _raise_for_notice(found, redact(doc.url))


def raise_if_challenge(doc: Document) -> None:
    """Raises Blocked for a challenge page."""
    shown = redact(doc.url)
    if marker := challenge_in(doc):
        raise Blocked(
            f"{shown or 'the page'} is a challenge page ({marker}), not its article", url=shown, marker=marker
        )


def raise_if_gone(tree: LexborHTMLParser, url: str) -> None:
    """Raises Gone for a tombstone, Blocked for a notice that asks for a check or for patience; else nothing."""
    for box in _BOXES:
        for node in tree.css(box):
            words = text_of(node)
            if _VERIFY.search(words):
                raise Blocked(f"the outlet asks for a check: {words[:60]}", url=redact(url), marker="verify notice")
            if words and tree.css_first("#js_content, #js_article") is None:
                raise Gone(f"withdrawn: {words[:60]}", url=redact(url))
    lines = paragraphs(tree.body)
    if sum(map(len, lines)) > _MOST_TEXT:
        return
    if asked := next((line for line in lines if _ASKED.search(line)), ""):
        raise Blocked(f"the outlet asks for a check: {asked[:60]}", url=redact(url), marker="verify notice")
    title = tree.css_first("title")
    _raise_for_notice((*([title.text().strip()] if title else []), *lines), redact(url))


def _raise_for_notice(lines: Sequence[str], shown: str) -> None:
    for words in lines:
        if len(words) <= _LONGEST_LINE and _GONE.search(words):
            raise Gone(f"withdrawn: {words}", url=shown)
