"""The addresses of chat services as a user writes them in tanma.yaml; the tokens are invented."""

from __future__ import annotations

# The sink's name of a service → its address.
URLS = {
    "dingtalk": "dingtalk://d1ngt4lksecret000111",
    "feishu": "feishu://feishu-secret-000111",
    "lark": "lark://lark-secret-000111",
    "wecom": "wecombot://wecom-secret-000111",
    "bark": "barks://api.day.app/barkdevicesecret000111",
    "serverchan": "schan://SCTsecret000111",
    "wxpusher": "wxpusher://AT_wxpsecret000111/UID_someone",
    "telegram": "tgram://123456789:AAbotsecret_000111222333444555666/-1001234567",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/slacksecret000111222333/",
    "discord": "discord://41742162980001/discord-secret-000111",
    "ntfy": "ntfys://ntfy.sh/ntfysecrettopic000111",
    "webhook": "jsons://hooks.example.com/webhooksecret000111",
}
