"""Page furniture as data: the lines that sites print around an article, as they stand in a plain-text dump.

Rules are of several reaches. ANYWHERE lines are furniture wherever they stand. EDGE lines are furniture only above or
below the body, where menus are; inside a body 评论 or Share may be a heading. A CUT line ends the article.
Each line here is a pattern for a whole line, folded by `fold`: NFKC, lower case, decoration around it removed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_LONGEST = 260
_LONGEST_RAW = 2 * _LONGEST  # before folding, which takes decoration and runs of spaces away: a paragraph is not folded
_DECORATION = " \t\u3000\u200b·•|>»›<«‹【】[]()*#-—–_=~▲▼↓↑→丨｜"


def _rules(patterns: str) -> re.Pattern[str]:
    """One pattern out of many lines; NUM is a number as counters print it (12, 1,204, 1.2万, 3k), a last backslash
    continues the line."""
    joined = re.sub(r"\\\n\s*", "", patterns).strip()
    lines = (line.strip().replace("NUM", r"\d[\d,.]*\s?[万亿kmw]?\+?") for line in joined.splitlines())
    return re.compile("|".join(f"(?:{line})" for line in lines if line))


ANYWHERE = _rules(
    r"""
    (?:\.{0,2}/)*[\w./-]+\.(?:html?|php|js|css|tpl|aspx?|jsp|png|jpe?g|gif|svg|webp|ico)
    https?://\S+\.(?:png|jpe?g|gif|svg|webp|mp4|js|css)(?:\?\S*)?
    (?:tumblr media ?)+
    NUM notes?
    (?:originally posted by|reblogged from|posted by|via|follow) [\w-]+
    keep reading|read more|continue reading.{0,3}
    (?:阅读|查看|展开|收听|听)全文|点击(?:展开|阅读|查看|收听)(?:全文|原文|大图|更多|完整版)?|下滑查看更多
    (?:左右|向右|向左)?滑动查看(?:更多)?
    (?:点击)?上方蓝字.{0,10}|点击(?:上方|下方|蓝字).{0,12}(?:关注|订阅).{0,12}
    advertisement|广告|推广|赞助内容|sponsored(?: content)?|story continues below advertisement
    (?:本文|原网页|原文)?已?经?由 ?zaker ?转码(?:排版)?.{0,20}
    .{0,12}转码.{0,6}以便在.{0,10}阅读.{0,10}
    (?:点击|戳)?(?:查看|阅读)原文|(?:点击)?原文链接|查看原网页
    .{0,40}(?:uses? cookies|cookie (?:policy|settings|preferences|notice)|accept (?:all )?cookies|\
    使用 ?cookies?).{0,160}
    (?:该|您的|你的|your )?(?:浏览器|browser).{0,30}(?:不支持|版本过低|not support).{0,60}
    please enable javascript.{0,60}|请(?:开启|启用) ?javascript.{0,40}
    (?:视频|音频)?加载中\.{0,3}|loading\.{0,3}|图片加载失败
    markdown content:?
    微信扫一扫.{0,20}|使用完整服务|继续滑动看下一个|轻触阅读原文|向上滑动看下一个|预览时标签不可点
    原标题[:：].{1,60}
    """
)

EDGE = _rules(
    r"""
    首页|主页|返回(?:首页|顶部|上一页|列表)?|回到顶部|顶部|导航|菜单|更多|全部|搜索|搜一搜|关闭|取消|确[定认]|提交
    发送|发布
    投稿|反馈|举报|帮助|设置|目录|登录|注册|登入|登录[/ |]*注册|注册[/ |]*登录|退出|我的|个人中心|消息|通知
    会员(?:中心)?|开通会员|vip|创作中心|写文章
    快讯|资讯|最新|最热|热门|热榜|推荐|专题|专栏|视频|直播|活动|科技|财经|商业|汽车|创投|娱乐|体育|国际|国内|社会
    军事|文化|教育
    房产|时尚|健康|游戏|数码|要闻|头条|新闻|频道|正文|文章|作者|话题|图片|音频|播客|企业服务|生活|城市|深度|专业版
    数据|研报|日报|早报
    关于(?:我们|本站)|联系(?:我们|方式)|加入我们|招聘信息|广告(?:服务|合作|投放)|商务合作|媒体合作|友情链接|网站地图
    法律声明|用户协议|隐私(?:政策|条款|协议)|服务协议|版权所有.{0,60}
    home|menu|search|about(?: us)?|contact(?: us)?|archives?|categories|tags?|rss|help|jobs|careers|meta|english|中文
    log ?in|sign ?in|sign ?up|log ?out|register|subscribe(?: now)?|newsletters?|my account|skip to (?:main )?content
    close|cancel|submit|next|prev(?:ious)?|back(?: to top)?|top|more|all
    news|business|tech(?:nology)?|science|opinion|sports?|world|politics|culture|lifestyle|video|photos?|podcasts?
    recent (?:posts|comments)|popular(?: posts)?|most read|trending|privacy(?: policy)?|terms(?: of (?:service|use))?
    advertise(?: with us)?|entries feed|comments feed
    tumgik|tumblr|tumbex|tumbral|tumgir|zaker|link|photoset|text|quote|chat|audio|answer|ask|submission|avatar
    archive|random|source|likes?
    (?:(?:分享|转发|收藏|点赞|赞|在看|评论|喜欢|打赏|赞赏|\+? ?关注|已关注|取消关注|阅读|浏览|播放|订阅|写留言|\
    留言)[\s:/|·]*)+(?:NUM(?:人|次)?)?
    (?:(?:复制链接|微信|微博|朋友圈|新浪微博|qq空间|qq好友|扫码分享|打印|字号|字体|纠错|大|中|小)[\s:/|·]*)+
    (?:NUM ?)?(?:次|人|条|个|篇)? ?(?:阅读|评论|点赞|赞|收藏|分享|转发|在看|喜欢|浏览|播放|跟贴|粉丝|关注|参与|\
    回复)(?:量|数|过)?(?: ?[:：]? ?NUM)?
    (?:(?:share|tweet|like|reply|save|print|email|copy link|comments?|views?)(?: (?:on|this|article|post|\
    via))*[ |/·,]*)+
    (?:(?:facebook|twitter|x|linkedin|whatsapp|reddit|pinterest|weibo|wechat|instagram|youtube)[ |/·,]*)+
    (?:share|save) (?:on|to|via) \w{1,12}
    (?:NUM|no|leave a) (?:comments?|shares?|likes?|views?|repl(?:y|ies)|reblogs?)|\d+ min(?:ute)?s? read
    NUM|全文约? ?NUM字.{0,20}|预计阅读.{0,12}|阅读(?:时间|时长|本文).{0,16}分钟
    (?:posted|filed) (?:in|under) .{1,60}|tagged(?: with)? .{1,80}|tags?:? .{1,80}|share this.{0,20}
    (?:下载|打开|安装|使用|去|前往|在).{0,12}(?:app|客户端|小程序).{0,24}
    (?:打开|下载|进入) ?[\w一-鿿]{1,12} ?(?:阅读|查看|参与|收听|观看|发现|体验)(?:全文|更多|讨论|完整版|精彩|\
    评论|内容|文章)*
    (?:download|get|open)(?: in)? (?:the |our )?app.{0,20}|app store|google play|android|ios|iphone|ipad
    客户端(?:下载)?
    app ?下载|扫码下载.{0,12}
    .{1,16}旗下.{2,20}(?:平台|工具|产品|应用|app|社区|软件|品牌)
    (?:copyright|©|\(c\)|版权所有|all rights reserved).{0,120}|.{0,60}all rights reserved\.?
    .{0,20}icp[备证].{0,60}|.{0,10}公网安备.{0,40}|增值电信.{0,40}|.{0,20}(?:经营|视听|服务)许可证?.{0,40}
    powered by .{1,40}|theme by .{1,40}
    (?:第 ?\d+ ?页|上一[篇页条]|下一[篇页条]|(?:previous|next) (?:post|article|story)|(?:older|\
    newer) posts?)(?: ?[:：].{0,80})?
    (?:首页|home) ?[>»›/].{0,80}|当前位置.{0,80}|您(?:的|现在的)?位置.{0,80}
    (?:标签|关键词|关键字|tags|分类|categories|所属分类|相关标签) ?[:：].{0,100}
    \d+ ?(?:我来说两句|说点什么|写评论|发表评论).{0,6}
    qq ?群.{0,30}|客服(?:电话|热线|邮箱)?.{0,40}|(?:举报|投诉)(?:电话|邮箱|热线).{0,40}|邮箱 ?[:：].{0,40}
    (?:url source|source url|原文链接|原文地址|来源链接|本文链接|链接地址|网址|链接|url) ?[:：] ?\S+
    喜欢此内容的人还喜欢|人划线|收录于(?:合集|话题).{0,30}|.{0,10}(?:个朋友|位朋友)(?:看过|关注).{0,10}|ip属地.{0,8}
    (?:原创|original)
    """
)

END = _rules(
    r"""
    [—\-─=*~·.\s]*(?:the ?end|end|fin|完|全文完|正文完|本文完|全文结束)[—\-─=*~·.\s]*
    """
)
"""The mark under the last line of an article."""

CUT = _rules(
    r"""
    (?:全部|热门|最新|精彩|网友|用户|文章|精选)?(?:评论|留言|跟贴)(?:区|列表)?(?: ?[(（]?\d+[)）]?条?)?
    (?:发表|发布|写|我要)(?:评论|留言)|我来说两句.{0,4}|说点什么.{0,4}
    (?:没有|暂无|还没有)(?:更多)?(?:评论|留言).{0,6}|快来(?:发表|抢).{0,10}|登录后.{0,10}(?:评论|留言|参与|回复).{0,4}
    leave a (?:reply|comment)|(?:\d+ )?comments?(?: ?\(\d+\))?|post a comment|join the (?:conversation|discussion)
    about the author
    (?:责任编辑|责编) ?[:：|/].{0,20}
    (?:版权(?:声明|说明|所有)|免责声明|特别声明|转载(?:声明|须知|说明)|disclaimer) ?[:：]?.{0,240}|声明[:：].{0,240}
    (?:本文|该文|文章|以上|文中)(?:作者)?(?:观点|内容|文字)(?:仅|不)代表.{0,200}
    (?:本文|以上内容|本稿|文章)(?:仅代表|系|不代表|内容仅|为.{0,20}(?:原创|作者|发布|观点)|由.{1,30}(?:上传|\
    发布|授权)|未经).{0,200}
    以上内容由.{1,30}上传发布.{0,40}|未经.{0,16}(?:授权|许可|允许).{0,40}|(?:如需|欢迎|若需)转载.{0,60}
    (?:阅读|浏览|read) ?NUM(?: ?(?:在看|赞|分享).{0,20})?
    """
)
"""A line after which nothing belongs to the article."""

RELATED = _rules(
    r"""
    (?:相关|推荐|延伸|拓展|更多|往期|精彩)(?:的)?(?:标签|文章|阅读|推荐|资讯|新闻|内容|精彩|话题|专题|回顾|报道|\
    链接|主题|视频) ?[:：]?
    (?:相关|推荐|延伸|拓展|往期)(?:标签|文章|阅读|推荐|资讯|新闻|内容|精彩|话题|回顾|报道|链接) ?[:：|].{1,80}
    大家都在(?:看|搜)|猜你喜欢|你可能(?:还)?(?:喜欢|感兴趣)|为你推荐|热门(?:推荐|文章|排行|阅读)|最新文章|最近文章
    阅读排行榜?|24小时热[榜文]
    (?:related|recommended|more|popular|trending|latest)(?: (?:articles?|posts?|stories|reading|news|topics|\
    from .{1,30}|on .{1,30}))+:?
    related:?|you (?:may|might) also (?:like|enjoy).{0,10}|recommended(?: for you)?:?
    """
)
"""The heading over links to other articles: what follows is theirs, unless the article plainly goes on."""

_PROMOTION = tuple(
    re.compile(pattern)
    for pattern in (
        r"订阅|关注(?:我们|公众号|账号|微信|@|「|“|【)|点击.{0,8}(?:关注|订阅|报名|购买|收听|下载|链接|了解)|星标",
        r"扫码|扫描|二维码|长按|识别(?:图中|下方)",
        r"打开.{0,10}(?:app|客户端|小程序|微信|小宇宙|喜马拉雅|网易云)|下载.{0,10}(?:app|客户端)|\bapp\b",
        r"点赞|在看|转发(?:给|到)|分享(?:给|到)(?:朋友|好友|朋友圈)|评论区(?:留言|告诉|见|聊)|留言(?:告诉|分享|讨论)",
        r"公众号|视频号|小程序|微信群|交流群|加群|入群|添加.{0,8}微信|微信号|知识星球|播客节目|粉丝群",
        r"欢迎(?:大家)?(?:关注|订阅|留言|转发|投稿|加入|添加|报名|收听|来稿|爆料)|敬请(?:关注|期待)|期待(?:与)?你",
        r"投稿|爆料|线索(?:提供)?|商务(?:合作|洽谈)|转载(?:请|须|开白|授权)|联系(?:我们|作者|邮箱|微信)|合作(?:请|邮箱|微信)",
        r"上新|限时|优惠|折扣|福利|抽奖|报名(?:链接|通道|方式)|立即(?:购买|报名|领取)|免费领",
        r"subscribe|newsletter|follow us|sign up|download our|join our|click here|whatsapp channel|telegram channel",
    )
)
_STRONG_PROMOTION = _rules(
    r"""
    (?:欢迎|请|点击|长按|扫码|扫描|记得|别忘了?|赶快|快来).{0,14}(?:关注|订阅|点赞|在看|转发|分享|星标|扫码|\
    二维码|下载|报名).{0,60}
    .{0,20}(?:扫码|扫描|长按|识别).{0,12}(?:二维码|关注|加入|添加|报名|下载|进群|入群).{0,40}
    (?:觉得|如果).{0,12}(?:不错|喜欢|有用|有帮助).{0,20}(?:点赞|在看|转发|分享|关注|收藏).{0,40}
    .{0,12}(?:subscribe to|sign up for|follow us on).{1,80}
    """
)

_TAGS = re.compile(r"(?:[#＃][^\s#＃]{1,30}[#＃]?[ ,，、]{0,3})+")

LIST_ENTRY = _rules(
    r"""
    (?:阅读全文|阅读更多|查看全文|继续阅读|read more|continue reading|keep reading|read the full (?:story|\
    article)).{0,80}
    .{0,200}(?:\[(?:…|\.\.\.)\]?|(?:阅读全文|阅读更多|查看全文|继续阅读|read more|continue reading))
    """
)
"""What ends each teaser on a list page: three of them make a list."""


def fold(line: str) -> str:
    """A line as the rules see it: NFKC, lower case, without the decoration around it."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", line)).strip(_DECORATION).lower()


def matches(rules: re.Pattern[str], line: str) -> bool:
    """Whether the whole line, folded, is one of `rules`."""
    return len(line) <= _LONGEST_RAW and _is_one(rules, fold(line))


def is_furniture(line: str, *, edge: bool, also: Sequence[re.Pattern[str]] = ()) -> bool:
    """Whether the whole line is page furniture; `edge`: it stands above or below the body. `also`: rules asked too."""
    if len(line) > _LONGEST_RAW:
        return not line.strip(_DECORATION)
    bare = fold(line)
    rules = (ANYWHERE, *((EDGE,) if edge else ()), *also)
    return not bare or any(_is_one(rule, bare) for rule in rules) or (edge and bool(_TAGS.fullmatch(line)))


def _is_one(rules: re.Pattern[str], bare: str) -> bool:
    return len(bare) <= _LONGEST and bool(rules.fullmatch(bare))


def is_promotion(line: str) -> bool:
    """Whether a line asks the reader to subscribe, scan, download, forward: furniture when it ends a page."""
    bare = fold(line) if len(line) <= _LONGEST_RAW else line
    if len(bare) > 160:
        return False
    return bool(_STRONG_PROMOTION.fullmatch(bare)) or sum(bool(p.search(bare)) for p in _PROMOTION) >= 2
