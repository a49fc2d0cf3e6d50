"""Where the sites keep body, title, time and author: one line of data each, no code.

Selectors are tried in order, newest layout first; a site whose selectors all miss is read by sources.generic. Facts:
outlets.md §10 and saved pages of 2016–2026.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from sources.blocks import clean_text
from sources.metadata import own_address


@dataclass(frozen=True, slots=True)
class Site:
    """`domains` it answers for, itself and below. `body`, `title`, `time`, `author`, `outlet_at`: CSS selectors, the
    first that shows text counts. `drop`: parts of the body that are not text."""

    outlet: str
    domains: tuple[str, ...]
    body: tuple[str, ...]
    drop: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    outlet_at: tuple[str, ...] = ()


_TRS = (".TRS_Editor", ".TRS_UEDITOR", "#Zoom", "#zoom", "#vsb_content", ".v_news_content", ".pages_content")

SITES = (
    Site(
        "21经济网",
        ("21jingji.com",),
        (".main_content", ".txtContent"),
        drop=(".rela-box", ".copyright"),
        title=(".titleHead h1",),
        time=(".author-infos span",),
    ),
    Site("BBC中文", ("bbc.com", "bbc.co.uk"), (".story-body__inner", ".story-body", "main[role=main]")),
    Site(
        "CSDN",
        ("csdn.net",),
        ("#content_views", ".article_content", ".con"),
        time=(".article-info-box .blog-postTime",),
        author=(".follow-nickName",),
    ),
    Site("IT之家", ("ithome.com",), ("#paragraph", ".post_content"), title=("h1",), time=("#pubtime_baidu",)),
    Site("东方财富", ("eastmoney.com",), ("#ContentBody",), drop=(".em_media", ".res-edit"), time=(".infos", ".time")),
    Site("中国日报", ("chinadaily.com.cn",), ("#Content", ".article")),
    Site("中国载人航天", ("cmse.gov.cn",), _TRS, title=(".title",)),
    Site("中国青年网", ("youth.cn",), (".article-content", *_TRS), time=(".page_bt .pwz", "p.pwz"), drop=(".p_page",)),
    Site(
        "中新网",
        ("chinanews.com", "chinanews.com.cn"),
        (".left_zw",),
        title=("h1",),
        time=(".left-t", ".content_left_time"),
    ),
    Site(
        "人民网",
        ("people.com.cn", "people.cn"),
        (".rm_txt_con", "#rwb_zw", "#p_content", ".box_con"),
        drop=(".page_n", ".paper_num", ".edit", ".bza"),
        time=(".channel", ".box01 .fl"),
    ),
    Site(
        "今日头条",
        ("toutiao.com",),
        (".article-content", "article"),
        title=("h1",),
        time=(".article-sub", ".article-meta"),
        author=(".article-sub .name", ".article-meta .name"),
    ),
    Site("创业邦", ("cyzone.cn",), (".article-content",)),
    Site("半月谈", ("banyuetan.org",), (".detail_content",), title=(".detail_tit h1",), time=(".detail_tit_time",)),
    Site("和讯", ("hexun.com",), (".art_contextBox", ".art_context")),
    Site("品玩", ("pingwest.com",), ("section .article-style", ".article-style")),
    Site(
        "好奇心日报",
        ("qdaily.com",),
        (".article-detail-bd .detail", ".detail"),
        title=("h2.title",),
        time=(".date",),
        author=(".author .name",),
    ),
    Site("少数派", ("sspai.com",), (".article-body",)),
    Site(
        "快科技",
        ("mydrivers.com",),
        (".news_info",),
        drop=(".news_xg", ".zhuanzai", ".bqian", ".jcuo1", ".news_text"),
        title=(".news_bt", "#thread_subject"),
        time=(".news_bt1_left", ".news_bt1"),
    ),
    Site(
        "搜狐",
        ("sohu.com",),
        ("#mp-editor", "article.article", "#contentText"),
        drop=(".backword", "#backsohucom"),
        title=(".text-title h1",),
        time=("#news-time", ".time"),
        author=("#user-info h4", ".user-info h4"),
    ),
    Site(
        "新华网",
        ("xinhuanet.com", "news.cn"),
        ("#detailContent", "#p-detail", "#detail", ".article"),
        drop=(".p-tags", ".zan-wap", "#articleEdit", ".video-url", ".zxbd", ".ejj"),
        title=(".h-title", ".title", "h1"),
        time=(".h-time", ".header-time", ".info"),
    ),
    Site(
        "新浪",
        ("sina.com.cn", "sina.cn"),
        ("#artibody", "#article", ".art_content"),
        drop=(
            ".tech-quotation",
            ".artical-player-wrap",
            ".artical-player",
            ".otherContent_01",
            ".img_descr",
            ".show_author",
            ".article-editor",
            ".appendQr_wrap",
            ".wap_special",
            "#left_hzh_ad",
            ".video-wrap",
            ".tech-pic-right",
            ".blkComment",
        ),
        title=("h1.main-title", "#artibodyTitle", "h1"),
        time=(".date-source .date", "#pub_date", ".date-source", ".time-source"),
    ),
    Site(
        "晚点LatePost",
        ("latepost.com",),
        ("#select-main",),
        title=(".article-header-title",),
        time=(".article-header-date",),
        author=(".article-header-author .author-link a.label",),
    ),
    Site("每日经济新闻", ("nbd.com.cn",), (".g-articl-text",), time=(".g-article-top",)),
    Site("游民星空", ("gamersky.com",), (".Mid2L_con", "article"), time=(".detail",)),
    Site(
        "澎湃新闻",
        ("thepaper.cn",),
        (".news_txt", "div[class*='cententWrap']", "div[class*='newsDetail'] div[class*='txt']"),
        title=("h1",),
        time=(".news_about p + p", ".news_about", "div[class*='headerContent']"),
    ),
    Site(
        "爱范儿",
        ("ifanr.com",),
        (".c-single-normal__content article", "article.o-single-content__body__content", "article"),
        title=("h1",),
    ),
    Site(
        "环球网",
        ("huanqiu.com",),
        (".l-con article", "article", "#article", ".la_con", "#text"),
        drop=(".la_edit", ".reTopics", "adv-loader"),
        time=(".metadata-info .time", ".la_t_a", ".time"),
        title=("h1", ".t-container-title"),
    ),
    Site(
        "界面新闻",
        ("jiemian.com",),
        (".article-content",),
        title=(".article-header h1",),
        time=(".article-info",),
        author=("span.author a",),
    ),
    Site(
        "百家号",
        ("baijiahao.baidu.com", "baidu.com"),
        ("#article .article-content", "#article", "div[class*='EaCvy']", "[data-testid=article]"),
        title=("h2", "h1"),
        author=(".author-name", "[data-testid=author-name]"),
    ),
    Site("知乎", ("zhuanlan.zhihu.com",), (".Post-RichTextContainer", ".RichText"), title=("h1.Post-Title",)),
    Site("稀土掘金", ("juejin.cn",), (".article-content", ".markdown-body"), title=("h1",)),
    Site(
        "第一财经",
        ("yicai.com",),
        (".multiText", "#multi-text", ".txt"),
        drop=("h1", ".u-btn6", ".m-smallshare", ".topic-hot"),
    ),
    Site(
        "网易",
        ("163.com",),
        ("#endText", ".post_body", ".article-body", ".content"),
        drop=(
            ".special_tag_wrap",
            ".ep-source",
            ".gg200x300",
            ".at_item",
            ".post_recommends",
            ".nph_gallery",
            ".video-wrapper script",
        ),
        title=("h1", ".title"),
        time=(".post_time_source", ".post_info", ".ep-time-soure", ".time"),
    ),
    Site(
        "观察者网",
        ("guancha.cn",),
        (".content .all-txt", ".all-txt", ".article-txt-content"),
        title=("h3", "h1"),
        time=(".time span", ".time1"),
    ),
    Site(
        "证券时报网",
        ("stcn.com",),
        (".txt_con", ".detail-content"),
        title=("h2", ".detail-title"),
        time=(".info", ".detail-info"),
    ),
    Site("财新", ("caixin.com",), ("#Main_Content_Val", ".article-content"), title=("h1",), time=("#artInfo",)),
    Site(
        "凤凰网",
        ("ifeng.com",),
        ("div[class^='text-3']", "div[class*='index_text_']", "#main_content", "#artical_real"),
        title=("h1",),
        time=("p[class^='time-h']", "p[class^='time']", "div[class*='index_timeBref'] a", ".ss01"),
    ),
    Site(
        "光明网",
        ("gmw.cn",),
        ("#contentMain", ".u-mainText", "#articleBox"),
        title=("#articleTitle", ".u-title"),
        time=("#pubTime", ".m-con-time"),
    ),
    Site("痞客邦", ("pixnet.net",), (".article-content-inner", ".article-content"), drop=(".article-keyword",)),
    Site(
        "聯合報",
        ("udn.com",),
        ("#story_body_content", ".article-content__editor", "#article_body"),
        drop=("#story_bar", ".shareBar"),
        title=("#story_art_title", "h1.article-content__title"),
        time=(".shareBar__info--author", ".article-content__time"),
    ),
    Site("量子位", ("qbitai.com",), (".article",), title=("h1",)),
    Site("雅虎", ("yahoo.com",), (".caas-body",), title=("h1",), time=(".caas-attr-time-style", "time")),
    Site("雪球", ("xueqiu.com",), (".article__bd__detail",), title=(".article__bd__title",)),
    Site(
        "雷峰网",
        ("leiphone.com",),
        (".lph-article-comView",),
        title=(".headTit",),
        time=(".pi-author", ".time"),
        author=(".aut > a",),
    ),
)

_BY_DOMAIN = {domain: site for site in SITES for domain in site.domains}
_HOST = re.compile(r"\s*(?:https?:)?//(?:[^/?#@\s]*@)?([^/?#:@\s]+)", re.I)

# Systems that many Chinese institutions build their sites with; asked when no site row fits.
COMMON_BODIES = (*_TRS, "[itemprop=articleBody]", ".rich_media_content")


def site_of(tree: LexborHTMLParser, url: str) -> Site | None:
    """The row for a page: by its address, the one it names as its own, or, for a saved page without either, by where
    most of its links go."""
    for address in (url, own_address(tree)):
        if address:
            found = _by_host(_host(address))
            if found or _is_public_name(_host(address)):
                return found
    hosts = Counter(
        host for node in tree.css("a[href], link[href]") if (host := _host(node.attributes.get("href") or ""))
    )
    votes: Counter[Site] = Counter()
    for host, count in hosts.items():
        if (site := _by_host(host)) is not None:
            votes[site] += count
    total = sum(hosts.values())
    best = next(iter(votes.most_common(1)), None)
    return best[0] if best and best[1] >= 3 and best[1] >= 0.4 * total else None


def shown(tree: LexborHTMLParser, selectors: tuple[str, ...], read: Callable[..., str]) -> str:
    """The first text that any of the selectors shows."""
    for selector in selectors:
        for node in tree.css(selector):
            if text := clean_text(read(node)):
                return text
    return ""


def _by_host(host: str) -> Site | None:
    labels = host.split(".")
    names = (".".join(labels[at:]) for at in range(len(labels) - 1))
    return next((_BY_DOMAIN[name] for name in names if name in _BY_DOMAIN), None)


def _host(url: str) -> str:
    found = _HOST.match(url)
    return found[1].lower() if found else ""


def _is_public_name(host: str) -> bool:
    """Whether a host can be the outlet's own: archives and loopback replicas serve other people's pages."""
    return bool(re.search(r"[a-z]", host)) and "." in host and not host.endswith(("archive.org", "localhost"))
