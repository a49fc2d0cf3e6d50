"""What the outlets of the fault world write: every story unlike every other, with invented names that mean one thing."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_FIRST, _SECOND, _LAST = "沐岚祁钧昱骁翎澈珩霁", "柘硕榕弋垣", ("智联", "重工")
NAMES = tuple(f"{a}{b}{c}" for a in _FIRST for b in _SECOND for c in _LAST)

_WHO = [
    "修表匠",
    "养蜂人",
    "裁缝",
    "船工",
    "邮差",
    "花匠",
    "木匠",
    "灯塔看守",
    "面馆老板",
    "图书管理员",
    "夜班司机",
    "棋手",
    "采茶人",
    "铁匠",
    "陶工",
    "守林人",
    "鼓手",
    "画师",
]
_WHEN = [
    "清晨",
    "傍晚",
    "开春",
    "入冬前",
    "雨停之后",
    "集市散场时",
    "收成过后",
    "立夏那天",
    "月底",
    "午休时",
    "涨潮以前",
]
_WHERE = ["河堤上", "旧码头", "钟楼下", "山坳里", "米仓后面", "渡口边", "老街尽头", "石桥旁", "茶园", "仓库二楼"]
# Two stories that share their turns of phrase would be one to anybody who compares texts: most of what is said here is
# strings of characters that no other story has.
_ANY = (
    "山水木竹石沙泥云雨雪霜雾风雷电河湖海溪泉井池塘堤桥路巷街坊亭台楼阁窗门墙瓦砖檐梁柱灯烛炉灶锅碗盆勺筷杯壶茶酒米面豆麦粟稻瓜果桃李杏梅橘柿枣栗"
    "葱姜蒜椒盐糖油醋鱼虾蟹贝鸡鸭鹅牛羊马驴兔猫犬雀燕鹤雁蜂蝶蝉蚕丝绸棉麻布纸笔砚书画琴棋鼓笛箫钟铃绳网篮筐箱柜桌椅床席伞扇鞋帽衣裤带环珠玉铜铁锡银"
    "红橙黄绿青蓝紫白黑灰甜酸苦辣香凉暖轻软薄厚宽窄深浅圆方弯直早晚晨昏春夏秋冬东南西北左右前后里外远近高低走跑跳坐站推拉提抬放收开关找看听闻说唱"
)


@dataclass(frozen=True, slots=True)
class Story:
    """`mark` stands in the title, in no other story's; `names` are the tracked names in the text, often none."""

    mark: str
    title: str
    text: str
    names: tuple[str, ...]


def story(dice: Random, number: int, names: tuple[str, ...]) -> Story:
    """A text of a dozen sentences that no other shares, a paragraph a line; the names stand in one each."""
    mark = f"第{number:04}卷"
    lines = ["".join(_sentence(dice) for _ in range(4)) for _ in range(3)]
    for name in names:
        lines.insert(
            1, f"{_sentence(dice)}{dice.choice(_WHEN)}，{name}的同事也到{dice.choice(_WHERE)}看了{_noise(dice, 5)}。"
        )
    title = f"{mark}：{dice.choice(_WHO)}在{dice.choice(_WHERE)}看{_noise(dice, 6)}"
    return Story(mark, title, "\n".join(lines), names)


def addition(dice: Random, names: tuple[str, ...]) -> str:
    """A paragraph that is added later, with these names in it."""
    said = "".join(f"{name}说，{_noise(dice, 6)}还会再借一次。" for name in names)
    return f"补记：{said}{_sentence(dice)}共计{dice.randint(1000, 9999)}件。"


def _sentence(dice: Random) -> str:
    return (
        f"{dice.choice(_WHEN)}，{dice.choice(_WHO)}{_noise(dice, 7)}，{_noise(dice, 9)}，一共{dice.randint(3, 997)}步远，"
        f"{_noise(dice, 8)}。"
    )


def _noise(dice: Random, length: int) -> str:
    return "".join(dice.choices(_ANY, k=length))
