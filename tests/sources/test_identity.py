"""Which article an address names. Wrong merges lose articles, wrong splits alert twice."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sources.identity import identify

KR36 = "36kr:3532943217940873"
TENCENT = "qq:20201130A0G1JJ00"
WECHAT = "wechat:MzI2NDk5NzA0Mw==:2248864730:1"
ZAKER = "zaker:5b46f43e77ac645a7c63eda7"


@pytest.mark.parametrize(
    ("url", "article_id"),
    [
        ("https://36kr.com/p/3532943217940873", KR36),
        ("http://www.36kr.com/p/3532943217940873?f=rss", KR36),
        ("https://m.36kr.com/p/3532943217940873?channel=openclaw#top", KR36),
        ("https://36kr.com/p/5123456.html", "36kr:5123456"),
        ("https://36kr.com/newsflashes/3896306415568771?f=rss", "36kr:3896306415568771"),
        ("https://36kr.com/newsflashes/123456", "36kr:newsflashes/123456"),
        ("https://news.qq.com/rain/a/20201130A0G1JJ00", TENCENT),
        ("https://new.qq.com/rain/a/20201130A0G1JJ00?pc", TENCENT),
        ("https://new.qq.com/omn/20201130/20201130A0G1JJ00.html", TENCENT),
        ("https://new.qq.com/omn/20201130A0G1JJ00", TENCENT),
        ("https://view.inews.qq.com/a/20201130A0G1JJ00?uid=1", TENCENT),
        ("https://view.inews.qq.com/k/20201130A0G1JJ00", TENCENT),
        ("https://xw.qq.com/cmsid/20201130A0G1JJ00", TENCENT),
        ("https://xw.qq.com/cmsid/TWF2020041300303000", "qq:TWF2020041300303000"),
        ("http://tech.qq.com/a/20160309/007103.htm", "qq:tech/20160309/007103"),
        ("http://tech.qq.com/a/20160309/007103_all.htm", "qq:tech/20160309/007103"),
        ("https://mp.weixin.qq.com/s?__biz=MzI2NDk5NzA0Mw==&mid=2248864730&idx=1&sn=ab#rd", WECHAT),
        ("http://mp.weixin.qq.com/s?chksm=x&idx=1&__biz=MzI2NDk5NzA0Mw%3D%3D&mid=2248864730&scene=38", WECHAT),
        ("https://mp.weixin.qq.com/s?__biz=MzI2NDk5NzA0Mw==&amp;mid=2248864730&amp;idx=1", WECHAT),
        ("https://mp.weixin.qq.com/mp/appmsg/show?__biz=MzI2NDk5NzA0Mw&appmsgid=2248864730&itemidx=1&sign=ab", WECHAT),
        ("https://mp.weixin.qq.com/s/KDWh_qGpFN5Vu1TR9t30Mw?scene=1", "wechat:s/KDWh_qGpFN5Vu1TR9t30Mw"),
        ("https://www.myzaker.com/article/5b46f43e77ac645a7c63eda7/", ZAKER),
        ("//www.myzaker.com/article/5b46f43e77ac645a7c63eda7", ZAKER),
        ("https://app.myzaker.com/news/article.php?f=x&pk=5b46f43e77ac645a7c63eda7", ZAKER),
        ("https://todayontumblr.tumblr.com/post/736339394445918208/a-slug", "tumblr:736339394445918208"),
        ("https://www.tumblr.com/todayontumblr/736339394445918208", "tumblr:736339394445918208"),
    ],
)
def test_every_address_of_an_article_names_it(url: str, article_id: str) -> None:
    assert identify(url).article_id == article_id


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://www.36kr.com/newsflashes/3896306415568771?f=rss", "https://36kr.com/newsflashes/3896306415568771"),
        ("https://xw.qq.com/cmsid/20201130A0G1JJ00", "https://news.qq.com/rain/a/20201130A0G1JJ00"),
        ("https://m.huxiu.com/article/4000001.html?f=rss", "https://www.huxiu.com/article/4000001.html"),
        ("HTTP://Example.COM:80/A/b?utm_source=x&id=3&spm=a.b#c", "https://example.com/A/b?id=3"),
        ("https://example.com/?from=timeline", "https://example.com/"),
        ("https://example.com/?from=beijing", "https://example.com/?from=beijing"),
        ("http://127.0.0.1:8000/a?b=1", "http://127.0.0.1:8000/a?b=1"),
        ("https://user:secret@example.com/a", "https://example.com/a"),
    ],
)
def test_canonical_addresses(url: str, canonical: str) -> None:
    assert identify(url).url == canonical


def test_an_unknown_host_gets_the_hash_of_its_canonical_address() -> None:
    digest = hashlib.sha256(b"https://example.com/a?id=1").hexdigest()[:16]
    assert identify("http://example.com/a?id=1&utm_medium=m").article_id == f"url:{digest}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUv", "https://mp.weixin.qq.com/s/abCdEfGhIjKlMnOpQrStUv"),
        ("https://mp.weixin.qq.com/s?__biz=MzA=&mid=1&idx=1", "https://mp.weixin.qq.com/s?__biz=MzA=&mid=1&idx=2"),
        ("https://mp.weixin.qq.com/s?__biz=MzA=&mid=1&idx=1", "https://mp.weixin.qq.com/s?__biz=MzB=&mid=1&idx=1"),
        (
            "https://mp.weixin.qq.com/s?src=11&timestamp=1&ver=1&signature=aa",
            "https://mp.weixin.qq.com/s?src=11&timestamp=1&ver=1&signature=bb",
        ),
        ("https://36kr.com/p/123456", "https://36kr.com/newsflashes/123456"),
        ("https://example.com/A", "https://example.com/a"),
        ("https://baijiahao.baidu.com/s?id=1", "https://baijiahao.baidu.com/s?id=2"),
    ],
)
def test_different_articles_stay_different(one: str, other: str) -> None:
    assert identify(one).article_id != identify(other).article_id


BIZ = st.text("ABCDEFGHabcdefgh0123456789+/", min_size=8, max_size=16)
NUMBER = st.integers(1, 10**10).map(str)


@given(st.tuples(BIZ, NUMBER, NUMBER), st.tuples(BIZ, NUMBER, NUMBER))
def test_different_wechat_articles_never_merge(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assume(one != other)
    first, second = (
        identify(f"https://mp.weixin.qq.com/s?__biz={biz}&mid={mid}&idx={idx}&chksm=1#rd")
        for biz, mid, idx in (one, other)
    )
    assert first.article_id != second.article_id
    assert first.url != second.url


HOSTS = [
    "36kr.com",
    "new.qq.com",
    "mp.weixin.qq.com",
    "www.myzaker.com",
    "x.tumblr.com",
    "www.huxiu.com",
    "example.cn",
    "[::1]",
]
ADDRESSES = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(HOSTS),
    st.sampled_from(["", ":80", ":443", ":8080", ":x"]),
    st.sampled_from(
        ["/p/12", "/s", "/s/", "/a/20201130A0G1JJ00", "/article/5b46f43e77ac645a7c63eda7/", "/post/123456", "", "/Ä 中"]
    ),
    st.one_of(st.just(""), st.text("?&=#abc中__bizmdx0123%/+ ", max_size=30)),
)


@given(st.one_of(ADDRESSES, st.text()))
def test_identify_takes_anything_and_is_idempotent(url: str) -> None:
    once = identify(url)
    assert identify(once.url) == once


def test_tumblrs_addresses_without_the_word_post() -> None:
    assert identify("https://dubaoderen.tumblr.com/736339394445918208/a-slug").article_id == "tumblr:736339394445918208"
