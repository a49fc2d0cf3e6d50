"""Addresses: what is shown, what is refused, where it goes, what counts as public."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.address import authority_of, host_of, is_public, joined, redact, refusal, rewritten, robots_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://36kr.com/p/3532943217940873?f=rss", "https://36kr.com/p/3532943217940873?f=rss"),
        ("https://me:pw@a.example:8443/x", "https://a.example:8443/x"),
        ("https://a.example/x#access_token=abc", "https://a.example/x"),
        ("https://a.example/x?id=7&access_token=abc&page=2", "https://a.example/x?id=7&access_token=…&page=2"),
        ("https://a.example/x?key=abc", "https://a.example/x?key=…"),
        ("https://a.example/x?appKey=abc&api_key=abc", "https://a.example/x?appKey=…&api_key=…"),
        ("https://a.example/x?keyword=ai&author=li", "https://a.example/x?keyword=ai&author=li"),
        ("https://a.example/x?sign=abc&X-Amz-Signature=abc", "https://a.example/x?sign=…&X-Amz-Signature=…"),
        ("https://a.example/x?access%5Ft%6Fken=abc", "https://a.example/x?access%5Ft%6Fken=…"),
        ("https://a.example/x?q=4f2a9c71d0e8b36a5c1f9e7d", "https://a.example/x?q=…"),
        ("https://a.example/x?4f2a9c71d0e8b36a5c1f9e7d", "https://a.example/x?…"),
        ("http://[broken", "an address that cannot be read"),
        ("mailto:me:pw@a.example", "mailto:a.example"),
    ],
)
def test_secrets_are_blanked(url, shown):
    assert redact(url) == shown


@settings(deadline=None)
@given(st.text())
def test_redacting_and_judging_never_fail(text):
    redact(text)
    refusal(text)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=8))
def test_no_password_survives(word):
    word = f"pw{word}wp"
    assert word not in redact(f"https://user:{word}@a.example/x?token={word}#{word}")


@pytest.mark.parametrize("url", ["http://a.example", "https://a.example:8443/x?y", "https://虎嗅.example/文章"])
def test_http_addresses_may_be_asked(url):
    assert refusal(url) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://a.example/", "http"),
        ("a.example/x", "http"),
        ("", "http"),
        ("https://u:p@a.example/", "credentials"),
        ("https://u@a.example/", "credentials"),
        ("https:///x", "host"),
        ("https://a.example:0/", "host"),
        ("https://a.example:99999/", "well-formed"),
        ("http://[::1/", "well-formed"),
    ],
)
def test_all_others_may_not(url, why):
    assert why in (refusal(url) or "")


def test_hosts_and_authorities():
    assert host_of("HTTPS://WWW.36Kr.com.:443/p") == "www.36kr.com"
    assert authority_of("https://a.example:443/") == "a.example"
    assert authority_of("http://a.example:443/") == "a.example:443"
    assert robots_url("https://a.example:8443/p/1?x#y") == "https://a.example:8443/robots.txt"


def test_rewriting_takes_the_host_away_and_keeps_the_rest():
    rewrite = {"A.example": "http://127.0.0.1:9000/a/", "b.example:8443": "http://127.0.0.1:9001"}
    assert rewritten("https://a.example/p/1?x=%2F&y", rewrite) == "http://127.0.0.1:9000/a/p/1?x=%2F&y"
    assert rewritten("https://a.example", rewrite) == "http://127.0.0.1:9000/a/"
    assert rewritten("https://a.example//b", rewrite) == "http://127.0.0.1:9000/a//b"
    assert rewritten("https://a.example:8443/p", rewrite) == "http://127.0.0.1:9000/a/p"
    assert rewritten("https://b.example:8443/p", rewrite) == "http://127.0.0.1:9001/p"
    assert rewritten("https://b.example/p", rewrite) is None
    assert rewritten("https://xa.example/p", rewrite) is None


def test_locations_are_joined_to_the_address_that_named_them():
    here = "https://a.example/p/1?x"
    assert joined(here, b"2") == "https://a.example/p/2"
    assert joined(here, b"?y") == "https://a.example/p/1?y"
    assert joined(here, b"//b.example/z#top") == "https://b.example/z"
    assert joined(here, "/标签 一".encode()) == "https://a.example/%E6%A0%87%E7%AD%BE%20%E4%B8%80"
    assert joined(here, b"http://b.example/\r\nX: 1") == "http://b.example/%0D%0AX:%201"


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "1.1.1.1", "2606:2800:220:1::1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"],
)
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254",
        "100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "ff02::1",
        "64:ff9b::a00:1", "2002:7f00:1::1", "2001:db8::1", "", "localhost", "1.1.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address):
    assert not is_public(address)
