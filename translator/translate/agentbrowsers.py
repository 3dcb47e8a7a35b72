"""Names and major versions of browsers, as ua-parser-js gives them. Pure.

Source: what @amplitude/ua-parser-js 0.7.25 and 0.7.26 (MIT) look for, in their order; 2026-11-24.
"""

from __future__ import annotations

import re

from translator.translate.agentrules import Agent, Pair, lookup, table

V = r"([\w.]+)"
"""A version."""

BROWSERS = table(
    # of which the name is written plainly
    ("crmo/|crios/", rf"\bcr(?:mo|ios)/{V}", "Chrome", ""),
    ("edg", rf"edg(?:e|ios|a)?/{V}", "Edge", ""),
    ("opera mini/", rf"(opera mini)/{V}", "", ""),
    ("opera ", rf"(opera (?:mobile|mobi|tablet))\b.+version/{V}", "", ""),
    ("opera", rf"(opera)(?:.+version/|[/ ]+){V}", "", ""),
    ("opios", rf"opios[/ ]+{V}", "Opera Mini", ""),
    ("opr/", rf"\bopr/{V}", "Opera", ""),
    ("kindle/", rf"(kindle)/{V}", "", ""),
    (
        "lunascape|maxthon|netfront|jasmine|blazer",
        r"(lunascape|maxthon|netfront|jasmine|blazer)[/ ]?([\w.]*)", "", "",
    ),
    ("avant |iemobile|slim", r"(avant |iemobile|slim)(?:browser)?[/ ]?([\w.]*)", "", ""),
    ("idubrowser", rf"(ba?idubrowser)[/ ]?{V}", "", ""),
    ("msie |(ie ", rf"(?:ms|\()(ie) {V}", "", ""),
    (
        "flock/|rockmelt/|midori/|epiphany/|silk/|skyfire/|ovibrowser/|bolt/|iron/|vivaldi/|iridium/|phantomjs/|"
        "bowser/|quark/|qupzilla/|falkon/|rekonq/|puffin/|brave/|whale/|qqbrowserlite/|qq/",
        r"(flock|rockmelt|midori|epiphany|silk|skyfire|ovibrowser|bolt|iron|vivaldi|iridium|phantomjs|"
        rf"bowser|quark|qupzilla|falkon|rekonq|puffin|brave|whale|qqbrowserlite|qq)/{V}", "", "",
    ),
    ("weibo__", rf"(weibo)__{V}", "", ""),
    ("browser", rf"\buc? ?browser[/ ]?{V}", "UCBrowser", ""),
    ("ucweb", rf"juc.+ucweb[/ ]?{V}", "UCBrowser", ""),
    ("qbcore/", rf"\bqbcore/{V}", "WeChat(Win) Desktop", ""),
    ("micromessenger/", rf"micromessenger/{V}", "WeChat", ""),
    ("konqueror/", rf"konqueror/{V}", "Konqueror", ""),
    ("trident", r"trident.+rv[: ]([\w.]{1,9})\b.+like gecko", "IE", ""),
    ("yabrowser/", rf"yabrowser/{V}", "Yandex", ""),
    ("avast/", rf"avast/{V}", "Avast Secure Browser", ""),
    ("avg/", rf"avg/{V}", "AVG Secure Browser", ""),
    ("focus/", rf"\bfocus/{V}", "Firefox Focus", ""),
    ("opt/", rf"\bopt/{V}", "Opera Touch", ""),
    ("coc_coc", rf"coc_coc\w+/{V}", "Coc Coc", ""),
    ("dolfin/", rf"dolfin/{V}", "Dolphin", ""),
    ("coast/", rf"coast/{V}", "Opera Coast", ""),
    ("miuibrowser/", rf"miuibrowser/{V}", "MIUI Browser", ""),
    ("fxios/", rf"fxios/{V}", "Firefox", ""),
    ("qihu", r"\bqihu", "360 Browser", ""),
    ("browser", r"(?:360|qi?ho{0,2})browser", "360 Browser", ""),
    ("oculusbrowser/|samsungbrowser/|sailfishbrowser/", rf"(oculus|samsung|sailfish)browser/{V}", "{} Browser", ""),
    ("comodo_dragon/", rf"comodo_dragon/{V}", "Comodo Dragon", ""),
    ("electron/", rf"(electron)/{V} safari", "", ""),
    ("tesla", r"(tesla)(?: qtcarbrowser|/(20\d\d\.[-\w.]+))", "", ""),
    ("qqbrowser|baiduboxapp|2345explorer", rf"(qqbrowser|baiduboxapp|2345explorer)[/ ]?{V}", "", ""),
    ("metasr|lbbrowser", r"(metasr(?=[/ ]?[\w.])|lbbrowser)", "", ""),
    # of apps and of web views
    ("fban/fbios|fb_iab/fb4a|;fbav/", rf"(?:fban/fbios|fb_iab/fb4a)(?!.+fbav)|;fbav/{V};", "Facebook", ""),
    ("safari line/", rf"safari (line)/{V}", "", ""),
    ("line/", rf"\b(line)/{V}/iab", "", ""),
    ("chromium|instagram", rf"(chromium|instagram)[/ ]{V}", "", ""),
    ("gsa/", rf"\bgsa/{V} .*safari/", "GSA", ""),
    ("headlesschrome", r"headlesschrome(?:/([\w.]+)| )", "Chrome Headless", ""),
    (" wv)", rf" wv\).+chrome/{V}", "Chrome WebView", ""),
    (" version/", r"droid.+ version/([\w.]+)\b.+safari", "Android Browser", ""),
    # of the great engines
    ("chrome/|omniweb/|arora/|browser/", rf"(chrome|omniweb|arora|(?:tizen|nokia) ?browser)/v?{V}", "", ""),
    ("version/", rf"version/{V} .*mobile/\w+ safari", "Mobile Safari", ""),
    ("version/", rf"version/{V} .*safari", "Safari", ""),
    ("safari", r"webkit.+?(safari)(/[\w.]+)", "", ""),
    ("webkit/|khtml/", rf"(webkit|khtml)/{V}", "", ""),
    ("navigator/|netscape", rf"(?:navigator|netscape\d?)/{V}", "Netscape", ""),
    ("mobile vr;", r"mobile vr; rv:([\w.]+)\).+firefox", "Firefox Reality", ""),
    ("ekiohf", rf"ekiohf.+(flow)/{V}", "", ""),
    ("swiftfox", r"(swiftfox)", "", ""),
    (
        "icedragon|iceweasel|camino|chimera|fennec|maemo browser|minimo|conkeror|klar",
        r"(icedragon|iceweasel|camino|chimera|fennec|maemo browser|minimo|conkeror|klar)[/ ]?([\w.+]+)", "", "",
    ),
    (
        "seamonkey/|k-meleon/|icecat/|iceape/|firebird/|phoenix/|palemoon/|basilisk/|waterfox/",
        r"(seamonkey|k-meleon|icecat|iceape|firebird|phoenix|palemoon|basilisk|waterfox)/([-\w.]+)$", "", "",
    ),
    ("firefox/", rf"(firefox)/{V}", "", ""),
    ("mozilla/", r"(mozilla)/([\w.]+) .+rv:.+gecko/\d", "", ""),
    # the old and the small
    (
        "polaris|lynx|dillo|icab|doris|amaya|w3m|netsurf|sleipnir|obigo|mosaic|browser",
        r"(polaris|lynx|dillo|icab|doris|amaya|w3m|netsurf|sleipnir|obigo|mosaic|(?:go|ice|up)[. ]?browser)"
        r"[-/ ]?v?([\w.]+)", "", "",
    ),
    ("links (", rf"(links) \({V}", "", ""),
)  # fmt: skip

OLD_SAFARIS = (
    ("/8", "1"), ("/1", "1"), ("/3", "1"), ("/412", "2"), ("/416", "2"), ("/417", "2"), ("/419", "2"), ("/", ""),
)  # fmt: skip
"""Builds of Safari before 3.0, which told no version, and the major versions that they were."""

_NO_NUMBER = re.compile(r"[^0-9.]")


def browser(agent: Agent) -> Pair:
    """Comes in: a user agent. Goes out: the name of its browser and the major version, each or None.

    A version without a number is "". A browser that no rule knows has neither.
    """
    name, version = lookup(BROWSERS, agent) or (None, None)
    return name, _major(version) if version else None


def _major(version: str) -> str | None:
    """The digits before the first point; of a build of an old Safari, the version that it was."""
    if version.startswith("/"):
        return next((major for build, major in OLD_SAFARIS if version.startswith(build)), "") or None
    return _NO_NUMBER.sub("", version).split(".")[0]
