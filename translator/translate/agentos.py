"""Names of operating systems, as ua-parser-js gives them. Pure.

Source: what @amplitude/ua-parser-js 0.7.25 and 0.7.26 (MIT) look for, in their order; 2026-11-24.
"""

from __future__ import annotations

from translator.translate.agentrules import Agent, lookup, table

SYSTEMS = table(
    # Windows
    ("windows", r"microsoft (windows) (?:vista|xp)", "", ""),
    ("windows nt 6.2", r"(windows) nt 6\.2; arm", "", ""),
    ("windows phone|windows mobile", r"(windows (?:phone os|phone|mobile))", "", ""),
    ("windows", r"(windows)[/ ]?[ntce\d. ][. ]*\w(?!.+xbox)", "", ""),
    ("win3|win9|winn", r"win[39n][nt\d.]*", "Windows", ""),
    ("win 9x", r"win 9x [nt\d.]", "Windows", ""),
    # Apple
    ("like mac", r"ip(?:hone|ad|od)\b.*os \w+ like mac", "iOS", ""),
    ("; opera", r"ip(?:hone|ad|od); opera", "iOS", ""),
    ("cfnetwork/", r"cfnetwork/.+darwin", "iOS", ""),
    ("mac os x", r"mac os x", "Mac OS", ""),
    ("macintosh|mac_powerpc", r"(?:macintosh|mac_powerpc\b)(?!.+haiku)", "Mac OS", ""),
    # phones, tablets and televisions
    ("android-x86|android x86", r"droid [\w.]+\b.+(android[- ]x86)", "", ""),
    (
        "android|webos|qnx|bada|rim tablet os|maemo|meego|sailfish",
        r"(android|webos|qnx|bada|rim tablet os|maemo|meego|sailfish)", "", "",
    ),
    ("blackberry", r"(blackberry)\w*/", "", ""),
    ("tizen|kaios", r"(tizen|kaios)[/ ][\w.]", "", ""),
    ("(series40;", r"\((series40);", "", ""),
    ("(bb10;", r"\(bb10;", "BlackBerry", ""),
    ("symb|s60;|series60", r"symbian ?os|symbos|s60;|series60", "Symbian", ""),
    (" gecko/", r"mozilla/[\d.]+ \((?:mobile|tablet|tv|mobile; [\w ]+); rv:.+ gecko/[\w.]", "Firefox OS", ""),
    ("web0s;", r"web0s;.+rttv", "webOS", ""),
    ("wos", r"\b(?:hp)?wos(?:browser)?/[\w.]", "webOS", ""),
    ("crkey/", r"crkey/[\d.]", "Chromecast", ""),
    ("cros ", r"cros \w+ [\w.]", "Chromium OS", ""),
    # consoles
    ("nintendo |playstation ", r"(nintendo|playstation) (?:wii|3ds|ds|switch|[345]|portable|vita)", "", ""),
    ("xbox", r"(xbox); +xbox [^);]", "", ""),
    # the Linux family and the rest
    ("joli|palm", r"\b(joli|palm)\b", "", ""),
    ("mint", r"(mint)", "", ""),
    ("mageia|vectorlinux", r"(mageia|vectorlinux)[; ]", "", ""),
    (
        "ubuntu|debian|suse|gentoo|arch linux|slackware|fedora|mandriva|centos|pclinuxos|hat|zenwalk|linpus|raspbian|"
        "plan 9|minix|risc os|contiki|deepin|manjaro|elementary os|sabayon|linspire",
        r"([kxln]?ubuntu|debian|(?:open)?suse|gentoo|arch(?= linux)|slackware|fedora|mandriva|centos|pclinuxos|"
        r"red ?hat|zenwalk|linpus|raspbian|plan 9|minix|risc os|contiki|deepin|manjaro|elementary os|sabayon|linspire)",
        "", "",
    ),
    ("hurd|linux", r"(hurd|linux)", "", ""),
    ("gnu", r"(gnu)", "", ""),
    ("bsd|dragonfly", r"\b((?:free|net|open|ghost|pc-)?bsd|dragonfly)", "", ""),
    ("haiku ", r"(haiku) \w", "", ""),
    ("sunos", r"sunos", "Solaris", ""),
    ("solaris", r"((?:open)?solaris)", "", ""),
    ("aix ", r"(aix) ", "", ""),
    (
        "beos|os/2|amigaos|morphos|openvms|fuchsia|hp-ux",
        r"\b(beos|os/2|amigaos|morphos|openvms|fuchsia|hp-ux)", "", "",
    ),
    ("unix", r"(unix)", "", ""),
)  # fmt: skip


def system(agent: Agent) -> str | None:
    """Comes in: a user agent. Goes out: the name of its operating system, mostly as it stands there, or None."""
    found = lookup(SYSTEMS, agent)
    return found[0] if found else None
