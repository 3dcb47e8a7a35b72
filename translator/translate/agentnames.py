"""Names of vendors and models as the parser that Segment's destination uses has them. Pure.

Seen in 752 recorded user agents (segment_user_agents, 2026-08-21). Tables, tried in their order.
"""

from __future__ import annotations

import re

BRANDS = {
    "XiaoMi": "Xiaomi", "Asus": "ASUS", "Oppo": "OPPO", "Nook": "Barnes & Noble", "Generic": "", "Generic_Android": "",
    "Generic_Android_Tablet": "", "Generic_Inettv": "", "Spider": "", "Alcatel": "ALCATEL", "Desktop": "",
}  # fmt: skip
MODELS = {
    "Mac": "", "Smartphone": "", "Tablet": "", "Feature Phone": "", "Desktop": "", "iOS-Device": "", "Spider": "",
    "Web0S SmartTV": "", "SMART-TV": "", "Browser": "", "Android TV": "", "iPod": "iPod touch",
    "AppleTV": "Apple TV", "Other": "",
}  # fmt: skip

_ANDROID = re.compile(
    r"Android[ -]?[\d.]*;(?: [a-z]{2}[-_][a-zA-Z]{2};)? ?"  # version and, from old ones, language
    r"((?:[^;()]|\([^()]*\))+?)"  # the model, brackets in it included
    r"(?: Build[/ ][^;)]*| MIUI[^;)]*)?(?:; wv)?[;)]",
    re.I,
)
_NO_MODEL = re.compile(
    r"^(wv|opera mini.*|.*android tv|.*tv box|mobile vr|tesla|tablet|mobile|rv:.*|tv|u|linux.*|"
    r"[a-z]{2}[-_][a-z]{2}|k)$",
    re.I,
)


def android_model(agent: str) -> str:
    """The model of an Android device as it stands, or ""."""
    found = None if "Windows Phone" in agent else _ANDROID.search(agent)
    model = found[1].strip() if found else ""
    return "" if not model or _NO_MODEL.match(model) else model


_CONSOLES = (
    (re.compile(r"Xbox One"), ("Microsoft", "Xbox One")),
    (re.compile(r"Xbox"), ("Microsoft", "Xbox")),
    (re.compile(r"Lumia [^;)]+"), ("Microsoft", "")),
    (re.compile(r"Roku/(DVP-[\d.]+)"), ("Roku", "")),
)


def console(agent: str) -> tuple[str, str] | None:
    """Vendor and model of a console, or None."""
    for sign, (maker, model) in _CONSOLES:
        if found := sign.search(agent):
            return maker, model or (found[1] if sign.groups else found[0])
    return None


VENDORS = tuple(
    (re.compile(pattern, re.I), name)
    for pattern, name in (
        (r"^(samsung|galaxy|sm-|gt-|sch-|sgh-|sph-|shv-|shw-|sc-\d)", "Samsung"),
        (r"^(huawei|honor|u8\d{3}$|h[a-z]{2}-|[a-z]{3}\d?-[altwx][lnx0-9])|nexus 6p", "Huawei"),
        (r"^(xiaomi|redmi|mi[ -]|poco|mix|hm |m\d{4}|2\d{6,})", "Xiaomi"),
        (r"^(oppo|cph\d|p[a-h][a-z]{1,2}[a-z]?\d\d$|opd|x9\d{3}$|r8\d\d[a-z]$)", "OPPO"),
        (r"^(vivo|v\d{4}[a-z])", "Vivo"),
        (r"^rmx\d|realme", "Realme"),
        (r"^(lg|lm-|nexus [45]\b|v[ks]\d{3})", "LG"),
        (r"^(moto|xt\d{3,4}|nexus 6\b|droid)", "Motorola"),
        (r"^(sony|xperia|so-\d|sol\d\d|sgp|[c-h]\d{4}|xq-)", "Sony"),
        (r"^(asus|me\d|zenfone|z[a-z]\d{3}k|zb\d|nexus 7|padfone|transformer|p0[0-2]\w|i\d{3}d|x00\w|z\w{3}$)", "ASUS"),
        (r"^(htc|nexus (one|9))", "HTC"),
        (r"^(pixel|nexus)", "Google"),
        (r"^(oneplus|one a\d|a0001$|kb\d{4}|one[a-z]\d|[abchdgk][cdeikn]\d{4}|in\d{4}|le\d{4}|ne\d{4})", "OnePlus"),
        (r"^(lenovo|ideatab|tb-|yoga)", "Lenovo"),
        (r"^(nokia|ta-\d)", "Nokia"),
        (r"^(zte|blade|axon|nx\d{3}j|k88$|z\d{3}$)", "ZTE"),
        (r"^(kf[a-z]{2,}|aft[a-z]|sd4930ur|kindle)", "Amazon"),
        (r"^bb[a-f]\d{3}|blackberry|priv", "BlackBerry"),
        (r"^(sh-|aquos|\w+sh$)", "Sharp"),
        (r"^fp\d|fairphone", "Fairphone"),
        (r"^(meizu|m\d note)", "Meizu"),
        (r"^(alcatel|one ?touch)", "ALCATEL"),
        (r"^surface", "Microsoft"),
        (r"^q(mv|ta)\w", "Verizon"),
        (r"^(mz-|pro \d)", "Meizu"),
    )
)


def vendor(model: str) -> str:
    """Who makes an Android model, or ""."""
    return next((name for sign, name in VENDORS if sign.search(model)), "")


_PREFIX = re.compile(
    r"^(samsung[ -]|huawei[ -]?|xiaomi |lenovo[ -]|htc[ _-]|sony |nokia[ _]?|lg[- ](?=[A-Z])|asus[ _]|oppo |vivo |"
    r"oneplus |one(?:plus one)? (?=a\d)|zte[ -]|alcatel |vodafone |gigaset |le pan |trinity |motorola |"
    r"google |mz-|barnes & noble )",
    re.I,
)


_SERIES = ((re.compile(r"^(Sony ?)?(SGP\d|Tablet [SP]\b)"), "Xperia Tablet"),)


def short(model: str) -> str:
    """A model without its vendor's name before it; some are known by their series."""
    for sign, name in _SERIES:
        if sign.search(model):
            return name
    return _PREFIX.sub("", model).replace("_", " ")
