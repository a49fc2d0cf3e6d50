"""Dumps of pages that are no articles: tombstones, challenges, login walls, lists. Each becomes its typed error."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sources.dumps.furniture import LIST_ENTRY, fold, matches
from sources.errors import Blocked, FetchError, Gone, NotAnArticle

# A page that speaks of its own loss has nothing else to say: with more prose than this it is an article about it.
MOST_PROSE = 200
_MOST_LINES = 1_000
# What every such line has somewhere: the rule itself is only asked then.
_MAY_TEASE = re.compile(r"全文|更多|阅读|reading|read|\[", re.I)

_GONE = {
    "该内容已被发布者删除": r".{0,8}(?:内容|文章|页面|帖子|稿件|原文|博客)(?:已经?)?被?.{0,8}(?:删除|下架|"
    r"下线|移除|撤回|屏蔽)了?.{0,8}",
    "此内容因违规无法查看": r".{0,4}(?:内容|文章|帐号|账号|公众号|页面).{0,10}(?:无法(?:查看|访问)|被封|"
    r"已注销|停止使用|不可见).{0,16}",
    "链接已过期": r".{0,4}链接(?:已经?)?(?:过期|失效|不存在).{0,8}",
    "页面不存在": r".{0,12}(?:页面|网页|文章|内容|地址|帖子|访问的.{0,6})(?:不存在|找不到|未找到|没有找到|"
    r"走丢了).{0,16}|.{0,6}找不到.{0,6}(?:页面|文章|网页).{0,6}",
    "404": r"(?:http )?(?:error )?404(?: error)?(?:[ ,:-]*(?:page )?not found\.?)?|410 gone",
    "not found": r".{0,30}(?:page|post|article|content|story|blog).{0,20}(?:not found|no longer available|"
    r"(?:does(?:n['’]t| not) exist)"
    r"|has been (?:deleted|removed)|could not be found).{0,30}|there['’]s nothing here.{0,30}",
}
_BLOCKED = {
    "环境异常": r".{0,8}环境异常.{0,20}|完成验证后.{0,16}(?:继续|访问).{0,8}",
    "滑动验证": r".{0,10}(?:拖动|滑动|拖拽|移动).{0,8}(?:拼图|滑块|验证).{0,14}|.{0,8}(?:安全|人机|身份|滑动|"
    r"图形)验证.{0,10}"
    r"|请(?:完成|进行)(?:安全)?验证.{0,14}",
    "访问过于频繁": r".{0,12}(?:访问|请求|操作)(?:过于|太)?(?:频繁|异常).{0,24}|.{0,8}ip.{0,10}(?:被封|限制|"
    r"异常).{0,16}",
    "verify you are human": r".{0,40}verif(?:y|ying) (?:that )?you(?: are|['’]re) (?:a |not a )?(?:human|robot).{0,60}"
    r"|are you a (?:human|robot).{0,10}|i['’]m not a robot|prove you are human.{0,20}",
    "browser check": r"just a moment\.{0,3}|checking your browser.{0,60}|attention required!?.{0,40}|ddos "
    r"protection by.{0,30}"
    r"|enable javascript and cookies to continue",
    "access denied": r"access denied.{0,40}|403(?: forbidden)?|you don['’]t have permission.{0,60}|"
    r".{0,30}unusual traffic.{0,80}"
    r"|rate limit(?:ed| exceeded).{0,40}",
}
_LOGIN = (
    r"(?:请先?|需要?)?(?:登录|登陆|登入)(?:[/ ]?注册|后|之后|才能|即可|以)?(?:可以?|才可以|才能|继续|查看|"
    r"阅读|访问|账号|帐号)?.{0,12}",
    r"(?:账号|密码|验证码|短信|扫码|微信|手机号?|邮箱)(?:快捷|一键|免密)?(?:登录|登陆|注册).{0,6}|"
    r".{0,10}(?:使用|用).{0,8}(?:扫码|微信|手机号?)登录",
    r"(?:请?输入)?(?:您的|你的)?(?:手机号码?|用户名|密码|验证码|短信验证码|邮箱|账号)(?:[/／](?:邮箱|"
    r"手机号码?|用户名|账号))?.{0,4}",
    r"(?:获取|发送|输入)(?:短信)?验证码|忘记密码.{0,3}|记住(?:我|密码)|自动登录|立即注册|(?:还)?没有(?:账号|"
    r"帐号).{0,10}|(?:社交|第三方)(?:账号)?登录",
    r".{0,14}同意.{0,30}(?:协议|政策|条款).{0,20}",
    r"(?:log|sign) ?in(?: to .{1,30}| with .{1,30})?|(?:email|username|password|e-mail)(?: address)?|"
    r"forgot(?: your)? password\??",
    r"remember me|create (?:an |your )?account|don['’]t have an account\??.{0,20}|continue with (?:google|"
    r"apple|facebook|email)",
)


def why_no_article(lines: Sequence[str], prose: int, name: str) -> FetchError:
    """The error that says why a dump holds no article. `prose`: weight of its prose. Raised by the caller, not here."""
    notice = tombstone(lines, prose, name)
    if notice:
        return notice
    if not lines:
        return NotAnArticle(f"{name}: the file is empty")
    if teasers(lines) >= 3:
        return NotAnArticle(f"{name}: a list of articles, not an article; import the articles themselves")
    return NotAnArticle(f"{name}: menus and headings only, no text of an article")


def tombstone(lines: Sequence[str], prose: int, name: str) -> FetchError | None:
    """Gone or Blocked when a page of next to no prose says so in a line of its own."""
    if prose > MOST_PROSE or len(lines) > _MOST_LINES:
        return None
    folded = [bare for line in lines if 0 < len(bare := fold(line)) <= 120]
    for marker, pattern in _BLOCKED.items():
        if any(re.fullmatch(pattern, bare) for bare in folded):
            return Blocked(
                f"{name}: a challenge page ({marker}), not the article; save the page after passing it", marker=marker
            )
    for marker, pattern in _GONE.items():
        if any(re.fullmatch(pattern, bare) for bare in folded):
            return Gone(f"{name}: the article was withdrawn before this dump was taken ({marker})")
    login = sum(any(re.fullmatch(pattern, bare) for pattern in _LOGIN) for bare in folded)
    if login >= 3 and login >= len(folded) / 4:
        return Blocked(f"{name}: a login page, not the article; save the page while logged in", marker="login wall")
    return None


def teasers(lines: Sequence[str]) -> int:
    """How many lines end as a teaser on a list page does (阅读全文, Read more)."""
    return sum(bool(_MAY_TEASE.search(line)) and matches(LIST_ENTRY, line) for line in lines)
