"""The outlets: one small file each. BUILTIN are those that tanma.yaml can `use` without installing anything."""

from __future__ import annotations

from sources.outlets.feed import Feed
from sources.outlets.hundun import Hundun
from sources.outlets.huxiu import Huxiu
from sources.outlets.jsonfeed import JsonFeed
from sources.outlets.kr36 import Kr36
from sources.outlets.podcast import Podcast
from sources.outlets.qianwang import Qianwang
from sources.outlets.rsshub import Rsshub
from sources.outlets.sitemap import SitemapSource
from sources.outlets.tumblr import Tumblr
from sources.outlets.wechat_source import Wechat
from sources.outlets.zaker import Zaker
from sources.source import Source

BUILTIN: tuple[type[Source], ...] = (
    Kr36,
    Feed,
    Hundun,
    Huxiu,
    JsonFeed,
    Podcast,
    Qianwang,
    Rsshub,
    SitemapSource,
    Tumblr,
    Wechat,
    Zaker,
)
