"""Vendors and models of other devices, as ua-parser-js gives them, and of any device. Pure.

Source: what @amplitude/ua-parser-js 0.7.25 and 0.7.26 (MIT) look for, in their order; 2026-11-24.
"""

from __future__ import annotations

from translator.translate.agentphones import END, MAKERS
from translator.translate.agentrules import Agent, Pair, lookup, table

OTHERS = table(
    # who write their names
    (
        "blackberry|benq|palm-|sonyericsson|acer|asus|dell|meizu|motorola|polytron",
        r"(blackberry|benq|palm(?=-)|sonyericsson|acer|asus|dell|meizu|motorola|polytron)[-_ ]?([-\w]*)", "", "",
    ),
    ("hp ", r"(hp) ([\w ]+\w)", "", ""),
    ("microsoft;", r"(microsoft); (lumia[\w ]+)", "", ""),
    ("lenovo", r"(lenovo)[-_ ]?([-\w]+)", "", ""),
    ("jolla", r"(jolla)", "", ""),
    ("oppo", r"(oppo) ?([\w ]+) bui", "", ""),
    ("archos ", r"(archos) (gamepad2?)", "", ""),
    ("hp", r"(hp).+(touchpad(?!.+tablet)|tablet)", "", ""),
    ("kindle/", r"(kindle)/([\w.]+)", "", ""),
    ("nook", r"(nook)[\w ]+build/(\w+)", "", ""),
    ("pan", r"(le[- ]+pan)[- ]+(\w{1,9}) bui", "", ""),
    ("trinity", r"(trinity)[- ]*(t\d{3}) bui", "", ""),
    ("gigaset", r"(gigaset)[- ]+(q\w{1,9}) bui", "", ""),
    ("vodafone ", r"(vodafone) ([\w ]+)(?:\)| bui)", "", ""),
    ("surface duo", r"(surface duo)", "Microsoft", ""),
    # who are known by their codes
    ("fp", r"droid [\d.]+; (fp\du?)(?: b|\))", "Fairphone", ""),
    ("u304aa", r"(u304aa)", "AT&T", ""),
    ("sie-", r"\bsie-(\w*)", "Siemens", ""),
    ("rct", r"\b(rct\w+) b", "RCA", ""),
    ("venue", r"\b(venue[\d ]{2,7}) b", "Dell", ""),
    ("qmv|qta", r"\b(q(?:mv|ta)\w+) b", "Verizon", ""),
    ("barnes|bnr|bnt", r"\b(?:barnes[& ]+noble |bn[rt])([\w+ ]*) b", "Barnes & Noble", ""),
    ("", r"\b(tm\d{3}\w+) b", "NuVision", ""),
    ("k88 b", r"\b(k88) b", "ZTE", ""),
    ("nx", r"\b(nx\d{3}j) b", "ZTE", ""),
    ("gen", r"\b(gen\d{3}) b.+49h", "Swiss", ""),
    ("zur", r"\b(zur\d{3}) b", "Swiss", ""),
    ("tb", r"\b((?:zeki)?tb[^;)]*?) b", "Zeki", ""),
    ("", r"\b[ry]\d\d b", "Dragon Touch", ""),
    ("dragon|dt", r"\b(?:dragon[- ]+touch |dt)(\w{5}) b", "Dragon Touch", ""),
    ("ns", r"\b(ns-?\w{0,9}) b", "Insignia", ""),
    ("nxa|next", r"\b((?:nxa|next)-?\w{0,9}) b", "NextBook", ""),
    ("", r"\b(?:xtreme_)?(v(?:1[045]|2[015]|[3469]0|7[05])) b", "Voice", ""),
    ("v11|v12", r"\b(?:lvtel-)?(v1[12]) b", "LvTel", ""),
    ("ph-1", r"\b(ph-1) ", "Essential", ""),
    ("v100md|v700na|v7011|v917g", r"\b(v(?:100md|700na|7011|917g)[^;)]*?) b", "Envizen", ""),
    ("trio", r"\b(trio[-\w. ]+) b", "MachSpeed", ""),
    ("tu_1491", r"\btu_(1491) b", "Rotor", ""),
    ("shield", r"(shield[\w ]+) b", "Nvidia", ""),
    ("sprint ", r"(sprint) (\w+)", "", ""),
    ("kin.", r"kin\.([enotw]{3})", "Microsoft", "KIN {}"),
    ("", r"; (cc6666?|et5[16]|mc[239][23]x?|vc8[03]x?|ec30|ps20|tc[2-8]\d[kx])\)", "Zebra", ""),
    # consoles
    ("ouya", r"(ouya)", "", ""),
    ("nintendo ", r"(nintendo) (wiiu?|3ds|dsi?|switch)", "", ""),
    ("shield bui", r"droid.+; (shield) bui", "Nvidia", ""),
    ("playstation ", r"(playstation (?:[345]|portable|vita))", "Sony", ""),
    ("xbox", r"\b(xbox(?: one)?(?!; xbox))[); ]", "Microsoft", ""),
    # televisions
    ("smart-tv", r"smart-tv.+(samsung)", "", ""),
    ("maple;", r"hbbtv.+maple;(\d+)", "Samsung", "SmartTV{}"),
    ("netcast", r"nux; netcast.+smarttv|lg netcast\.tv-201\d", "LG", ""),
    ("lg android tv", r"lg android tv", "LG", ""),
    ("apple", r"(apple) ?tv", "", "Apple TV"),
    ("crkey", r"crkey", "Google", "Chromecast"),
    ("aft", rf"droid.+aft(\w){END}", "Amazon", ""),
    ("(dtv", r"\(dtv[;)].+(aquos)", "Sharp", ""),
)  # fmt: skip

TELEVISIONS = table(
    ("roku", r"\b(roku)[\dx]*[)/]((?:dvp-)?[\d.]*)", "", ""),
    ("hbbtv/", r"hbbtv/\d+\.\d+\.\d+ +\([\w ]*; *(\w[^;]*);([^;]*)", "", ""),
)
"""Televisions that name themselves; a model that is left out is no other name either."""

REST = table(
    ("tv", r"\b(?:android tv|smart[- ]?tv|opera tv|tv; rv:)\b", "-", "-"),
    # what is worn or driven
    ("pebbleapp", r"((pebble))app", "", ""),
    ("glass", r"droid.+; (glass) \d", "Google", ""),
    ("wt6", r"droid.+; (wt63?0{2,3})\)", "Zebra", ""),
    ("tesla", r"(tesla)(?: qtcarbrowser|/[-\w.])", "", "-"),
    # whose vendor no rule knows
    (" safari", r"droid .+?; ([^;]+?)(?: bui|\) applew).+ safari", "-", ""),
    ("tab|focus/", r"\b(?:(?:tablet|tab)[;/]|focus/\d(?!.+mobile))", "-", "-"),
    ("phone|mobile", r"phone|mobile(?:[;/]| safari)", "-", "-"),
    (" buil", r"(android[-\w. ]{0,9});.+buil", "Generic", ""),
)
"""What is left, tried last."""

SPACED = frozenset({"xiaomi", "nokia", "htc", "zte", "alcatel", "geeksphone", "nexian", "panasonic", "sony"})
"""Vendors in whose models a low line stands for a space."""


def device(agent: Agent) -> Pair:
    """Comes in: a user agent. Goes out: the vendor and the model of the device, each or None."""
    known = lookup(MAKERS, agent) or lookup(OTHERS, agent) or _television(agent) or lookup(REST, agent)
    vendor, model = known or (None, None)
    if vendor and model and vendor.lower() in SPACED:
        model = model.replace("_", " ")
    return vendor, model


def _television(agent: Agent) -> Pair | None:
    found = lookup(TELEVISIONS, agent)
    return found and ((found[0] or "").strip(), (found[1] or "").strip())
