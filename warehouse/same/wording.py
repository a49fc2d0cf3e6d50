"""What counts of a text when it is compared with another: its letters and digits in one spelling, without the lines
that a channel puts around every text of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from warehouse.scan.fold import letters, simplified

Codes = NDArray[np.uint32]
Hashes = NDArray[np.uint64]

RUN = 6  # letters on end that two texts may have in common
MIN_LETTERS = 40  # below them equal texts prove nothing: 详情请看视频, 本文已删除
MIN_FLASH = 20  # of a newsflash, title and text together
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

# Lines of a channel, not of the text: only at its ends, and only short ones. What the readers of sources/ know is gone
# already; this is for texts that came without them.
_ENDS = 6
_LONGEST = 160
_SHORT_LINE = 40  # a line as short may stand between two such lines at the tail
_CREDIT = re.compile(
    "(?:作者|撰文|文|图|编辑|责编|责任编辑|校对|记者|采访|出品|监制|策划|排版|摄影|运营|原标题|原题|来源|文章来源|本文来源|声明|往期[一-鿿]{0,4})"
    "[|｜丨/:：]"
)
_FURNITURE = re.compile(
    r"""[（(【\[*—–=-]*(?:
    (?:本文|文章|内容|原文|稿件|图片|题图|头图|封面图?)?(?:来源于|来自|转载自|转自|选自|首发于?|原载)
    |本文(?:系|为|由|经|仅代表|不构成|不代表|作者)
    |(?:欢迎|请您?|快来|立即|马上|赶快)?(?:长按|扫码|扫描|点击|戳|添加小编|搜索并?关注|下载|打开客户端|关注我们|关注公众号|订阅|星标|设为星标|点赞)
    |更多精彩|更多内容|推荐阅读|相关阅读|延伸阅读|往期
    |(?:免责|版权|特别|郑重|风险)(?:声明|提示)|版权(?:归|所有)|未经(?:授权|许可|允许)|如需转载|转载(?:请|须|需)
    |以上(?:内容|观点|信息)|文中(?:图片|观点)|(?:the)?end(?![a-z])|(?:全文)?完[)）】]|投稿请|商务合作|联系我们|寻求报道|如有侵权
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_RULE = re.compile(r"\W+")
# 36氪获悉，… and 据悉，…: who heard it, not what was heard.
_HEARD = re.compile(r"(?:据[^，。：]{0,12}|[^，。：]{2,10})?(?:获悉|讯|消息|报道|电)[，,：:\s]")


def shingles(codes: Codes, length: int) -> Hashes:
    """A hash for each run of `length` letters, in order; one hash of all when there are fewer."""
    if len(codes) < length:
        codes = np.concatenate([codes, np.zeros(length - len(codes), dtype=codes.dtype)])
    count = len(codes) - length + 1
    wide = codes.astype(np.uint64)
    mixed = np.zeros(count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for at in range(length):
            mixed = mixed * _FACTOR + wide[at : at + count]
        # splitmix64: neighbours come out far apart
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@dataclass(frozen=True)
class Wording:
    """`text` is the whole text's letters, `title` the title's; `kind` and `url` are the article's."""

    title: str
    text: str
    kind: str
    url: str
    raw_title: str

    @cached_property
    def codes(self) -> Codes:
        """The code points of `text`."""
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype="<u4")

    @cached_property
    def runs(self) -> Hashes:
        """A hash for each RUN letters on end, in order."""
        return shingles(self.codes, RUN)

    @cached_property
    def sorted_runs(self) -> Hashes:
        return np.sort(self.runs)


def wording(title: str, text: str, kind: str, url: str) -> Wording:
    """What counts of an article."""
    return Wording(letters(title), letters(_without_furniture(text)), kind, url, title)


def _without_furniture(text: str) -> str:
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    first, last = 0, len(lines)
    while first < min(_ENDS, last) and _is_furniture(lines[first]):
        first += 1
    for at in range(last - 1, max(last - 1 - _ENDS, first), -1):
        if _is_furniture(lines[at]):
            last = at
        elif len(lines[at]) > _SHORT_LINE:
            break
    kept = lines[first:last]
    if not kept:  # all of it looks like furniture: then it is none
        return text
    heard = _HEARD.match(kept[0], 0, 24)
    if heard:
        kept[0] = kept[0][heard.end() :]
    return "\n".join(kept)


def _is_furniture(line: str) -> bool:
    if len(line) > _LONGEST:
        return False
    plain = simplified(line).replace(" ", "")
    return bool(_FURNITURE.match(plain) or _CREDIT.match(plain) or _RULE.fullmatch(plain))
