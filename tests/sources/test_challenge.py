"""Challenge pages are named, real articles are not. The pages here are ours, in the structure of the real ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources.article import Page
from sources.challenge import challenge, challenge_in
from sources.document import Document

SHARED = Path(__file__).parents[2].parent / "shared" / "pages"


def page(body: str, final_url: str = "https://a.example/p/1") -> Page:
    return Page(
        url="https://a.example/p/1",
        body=body.encode(),
        fetched_at=datetime(2026, 11, 20, tzinfo=UTC),
        final_url=final_url,
        content_type="text/html; charset=utf-8",
    )


SHELLS = {
    "bytedance-captcha": "<html><head><title>36氪</title></head><body><div id='captcha_container'></div>"
    "<script src='https://lf-cdn-tos.bytescm.com/obj/static/captcha/index.js'></script></body></html>",
    "bytedance-waf": "<html><script>document.cookie='_wafchallengeid='+compute()</script></html>",
    "safeline": "<html><body><form><input name='once_id'></form>"
    "<script src='https://challenge.rivers.chaitin.cn/challenge/v2/index.js'></script></body></html>",
    "wechat-verify": "<title></title><h2>环境异常</h2><p>当前环境异常，完成验证后即可继续访问。</p><a>去验证</a>",
    "cloudflare": "<title>Just a moment...</title><noscript>Enable JavaScript and cookies to continue</noscript>",
    "aliyun-waf": "<html><script>var arg1='1A2B';setCookie('acw_sc__v2', x)</script></html>",
    "jiasule": "<script>document.cookie='__jsl_clearance_s=1'</script>",
    "aws-waf": "<script src='https://x.token.awswaf.com/x/challenge.js'></script>",
    "captcha": "<title>百度安全验证</title><div>网络不给力，请稍后重试</div>",
    "access-denied": "<title>Access Denied</title><h1>Access Denied</h1>You don't have permission.",
    "login-wall": "<title>登录 - 某站</title><form><input name=user><input type=password></form>",
}


# One page for every make that SHELLS has no page of: whatever is sought in a page must first be suspected in its bytes.
OTHERS = {
    "tencent-waf": "<script src='https://turing.captcha.qcloud.com/TCaptcha.js'></script>",
    "incapsula": "<iframe src='/_Incapsula_Resource?x=1'></iframe>",
    "datadome": "<script>var dd={'host':'geo.captcha-delivery.com'}</script>",
    "perimeterx": "<div id='px-captcha'></div>",
    "sucuri": "<script>sucuri_cloudproxy_js=''</script>",
    "akamai": "<a href='https://errors.edgesuite.net/18.1'>Reference</a>",
    "cloudflare": "<form id='challenge-form' action='/x'></form>",
    "captcha": "<div class='geetest_panel'></div>",
    "safeline": "<script src='/.safeline/static/x.js'></script>",
    "aliyun-waf": "<div class='punish-component'></div>",
    "bytedance-captcha": "<script src='https://x.example/verifycenter/captcha.js'></script>",
}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_every_make_is_suspected_in_the_bytes(name):
    assert challenge(page(OTHERS[name])) == name


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_notice_is_seen_in_any_encoding(encoding):
    html = "<meta charset=gb2312><h2>环境异常</h2><p>当前环境异常，完成验证后即可继续访问。</p><a>去验证</a>"
    seen = Page(url="https://a.example/p/1", body=html.encode(encoding), fetched_at=datetime(2026, 11, 20, tzinfo=UTC))
    assert challenge(seen) == "wechat-verify"


def test_a_notice_in_entities_is_seen():
    notice = "".join(f"&#{ord(letter)};" for letter in "当前环境异常，完成验证后即可继续访问。请稍候再试。")
    assert challenge(page(f"<p>{notice}</p>")) == "wechat-verify"


def test_a_page_without_a_sign_is_not_parsed():
    doc = Document(page("<title>柳河两岸修步道</title><p>柳河两岸的步道本周开工。</p>"))
    assert challenge_in(doc) is None
    assert "tree" not in vars(doc)


@pytest.mark.parametrize("name", sorted(SHELLS))
def test_a_shell_is_named(name):
    assert challenge(page(SHELLS[name])) == name


@pytest.mark.parametrize(
    "body",
    [
        "<title>某站</title><p>为了您的账号安全，请</p><p>拖动上方滑块完成拼图</p>",
        "<title>某站</title><p>完成验证后继续</p>",
        "<title>Site</title><p>Please verify you are a human</p>",
    ],
)
def test_a_captcha_of_an_unknown_make_is_known_by_its_words(body):
    assert challenge(page(body)) == "captcha"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://mp.weixin.qq.com/mp/wappoc_appmsgcaptcha?poc_token=x", "wechat-verify"),
        ("https://www.tumblr.com/privacy/consent?redirect=x", "tumblr-consent"),
        ("https://passport.a.example/web?service=x", "login-wall"),
        ("https://a.example/login?next=%2Fp%2F1", "login-wall"),
    ],
)
def test_where_a_redirect_ended_tells_too(address, name):
    assert challenge(page("<title>x</title><p>请稍候</p>", address)) == name


def test_prose_about_a_challenge_is_no_challenge():
    flash = (
        "<title>微信提示“环境异常”，团队回应</title><h1>微信提示“环境异常”，团队回应</h1>"
        "<p>多名用户昨日反映，打开文章时页面提示“当前环境异常，完成验证后即可继续访问”，研究者在页面里看到 "
        "_wafchallengeid 与 challenge.rivers.chaitin.cn 等字样，Just a moment... 也在其中，团队表示正在处理。</p>"
    )
    assert challenge(page(flash)) is None


def test_an_article_with_a_captcha_for_its_comments_is_an_article():
    body = (
        "<title>一家公司的十年</title><script src='https://turing.captcha.gtimg.com/TCaptcha.js'></script>"
        "<script>var x='/captcha/index.js bytescm.com';initGeetest()</script><p>"
        + "公司在这一年换了方向。" * 160
        + "</p>"
    )
    assert challenge(page(body)) is None


def test_a_page_of_hundreds_of_kilobytes_is_not_looked_into():
    assert challenge(page(SHELLS["cloudflare"] + "<!-- " + "x" * 200_000 + " -->")) is None


def test_encrypted_state_is_for_the_parser_to_see():
    body = '<title>36氪</title><script>window.initialState={"state":"QUJD","isEncrypt":true}</script><h1>标题</h1>'
    assert challenge(page(body)) is None


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"<", b"{}"])
def test_anything_can_be_looked_at(content):
    assert challenge(Page(url="", body=content, fetched_at=datetime(2026, 11, 20, tzinfo=UTC))) is None


def test_no_real_page_is_called_a_challenge():
    if not SHARED.is_dir():
        pytest.skip("../shared/pages is not here")
    seen = {
        path.name: challenge(Page(url="", body=path.read_bytes(), fetched_at=datetime(2026, 11, 20, tzinfo=UTC)))
        for path in sorted(SHARED.rglob("*.*"))
        if path.name != "INDEX.tsv"
    }
    assert len(seen) >= 60
    assert {name: marker for name, marker in seen.items() if marker} == {}
