"""Vendors and models of phones and tablets, as ua-parser-js gives them: the makers of many. Pure.

Source: what @amplitude/ua-parser-js 0.7.25 and 0.7.26 (MIT) look for, in their order; 2026-11-24. A model ends where
the build begins or at the bracket. Huawei's codes are not looked for where a build begins with "s": codes of other
makers look the same there.
"""

from __future__ import annotations

from translator.translate.agentrules import table

END = r"(?: bui|\))"
"""What follows a model."""

MAKERS = table(
    # Samsung: tablets have short codes
    (
        "sch-i|shw-m380s|sm-p|sm-t|gt-p|gt-n|sgh-t8|nexus 10",
        r"\b(sch-i[89]0\d|shw-m380s|sm-[pt]\w{2,4}|gt-[np]\d{2,4}|sgh-t8[56]9|nexus 10)", "Samsung", "",
    ),
    ("sch-|scp-|sph-|sgh-|sm-|gt-|galaxy nexus", r"\b((?:s[cgp]h|gt|sm)-\w+|galaxy nexus)", "Samsung", ""),
    ("samsung", r"samsung[- ]([-\w]+)", "Samsung", ""),
    ("sec-sgh", r"sec-(sgh\w+)", "Samsung", ""),
    # Apple
    ("iphone|ipod", r"((?:iphone|ipod)\d+,\d+)", "Apple", ""),
    ("ipad", r"(ipad\d+,\d+)", "Apple", ""),
    ("(iphone|(ipod", r"\((ip(?:hone|od)[\w ]*);", "Apple", ""),
    ("(ipad;", r"\((ipad);[-\w), ;]+apple", "Apple", ""),
    ("applecoremedia/", r"applecoremedia/[\w.]+ \((ipad)", "Apple", ""),
    # Huawei and Honor: by name and by codes of three letters, a dash and the market
    ("", r"\b((?:ag[rs][23]?|bah2?|sht?|btv)-a?[lw]\d\d)\b(?!.* build/s)", "Huawei", ""),
    ("huawei|honor", r"(?:huawei|honor)([-\w ]+)[;)]", "Huawei", ""),
    ("", r"\b(nexus 6p|\w{2,4}-[atu]?[ln][01259x][012359c][adn]?)\b(?!.* build/s)", "Huawei", ""),
    # Xiaomi
    ("", rf"\b((?:poco|redmi[-_ ]?|mi[-_ ]?pad)[\w ]+){END}", "Xiaomi", ""),
    ("build/hm", r"; (\w+) build/hm\1", "Xiaomi", ""),
    (" hm", r"\b(hm[-_ ]?note[_ ]?(?:\d\w)?) bui", "Xiaomi", ""),
    (
        "",
        rf"\b(mi[-_ ]?(?:a\d|one[_ ]plus|one|note lte|max)?[_ ]?\d?\w?[_ ]?(?:plus|se|lite)?){END}", "Xiaomi", "",
    ),
    # OPPO, Vivo, Realme
    (" oppo", r"; (\w+) bui.+ oppo", "OPPO", ""),
    ("", r"\b(cph[12]\d{3}|p(?:af|ca|cl|d\w|ea|er)[mt]\d0|x9007|a101op)\b", "OPPO", ""),
    ("vivo ", rf"vivo (\w+){END}", "Vivo", ""),
    ("", r"\b(v[12]\d{3}\w?[at])(?: bui|;)", "Vivo", ""),
    ("rmx", r"\b(rmx[12]\d{3})(?: bui|;|\))", "Realme", ""),
    # Motorola
    (
        "milestone| droid",
        r"\b(milestone|droid(?:[2-4x]| bionic| x2| pro| razr)?:?(?: 4g)?)\b[\w ]+build/", "Motorola", "",
    ),
    ("mot", r"\bmot(?:orola)?[- ](\w*)", "Motorola", ""),
    ("moto|xt|nexus 6", r"(moto[\w() ]+|xt\d{3,4}|nexus 6)(?: bui|\))", "Motorola", ""),
    ("mz60|xoom", r"\b(mz60\d|xoom ?2?) build/", "Motorola", ""),
    # LG
    ("vk|lk", r"([vl]k-?\d{3}) bui", "LG", ""),
    ("android 3.", r"droid 3\.[^)]*; lg?-(?:06c|v9\d\d)", "LG", ""),
    ("nexus 4|nexus 5|lm-|lmf100", r"(nexus [45]|lm-?f100[nv]?(?= bui|\))|lm-[\w.]+(?= bui|\)))", "LG", ""),
    ("lg", r"\blg[-e;/ ]+((?!browser|netcast|android tv)\w+)", "LG", ""),
    ("lg", r"\blg-?(\w+) bui", "LG", ""),
    # Lenovo, Nokia
    ("ideatab", r"(ideatab[-\w ]+)", "Lenovo", ""),
    ("lenovo", r"lenovo ?(s[56]000[-\w]+|tab[\w ]+|yt[-\w]{6}|tb[-\w]{6})", "Lenovo", ""),
    ("maemo|nokia", r"(?:maemo|nokia).*(n900|lumia \d+)", "Nokia", ""),
    ("nokia", r"nokia[-_ ]?([-\w.]*)", "Nokia", ""),
    # Google: of the Pixels, those whose names are of digits, "a", "x" and "l"
    ("pixel c", r"(pixel c)\b", "Google", ""),
    ("pixel", rf"droid.+; (pixel[\daxl ]{{0,6}}){END}", "Google", ""),
    # Sony: codes before the build, or in browsers from 2018 on
    (
        "droid",
        r"droid[^)]+ ([c-g]\d{4}|so[-l]\w+|xq-a\w[4-7][12])"
        r"(?: bui|\).+chrome/(?:\d{3}|[7-9]\d|0))", "Sony", "",
    ),
    ("sony tablet", r"sony tablet [ps]", "Sony", "Xperia Tablet"),
    ("sgp", rf"\b(?:sony)?sgp\w+{END}", "Sony", "Xperia Tablet"),
    # OnePlus
    ("kb2005|in20|be20", r" (kb2005|in20[12]5|be20[12][59])\b", "OnePlus", ""),
    ("", r" (a\d0\d\d)(?: b|\))", "OnePlus", ""),
    # Amazon
    ("alexawebm", r"(alexa)webm", "Amazon", ""),
    ("kf", rf"(kf[a-z]{{2}}wi){END}", "Amazon", ""),
    ("kf", rf"(kf[a-z]+){END}.+silk/", "Amazon", ""),
    ("sd", rf"(sd\d{{4}}ur){END}.+silk/", "Amazon", "Fire Phone {}"),
    # BlackBerry
    ("playbook", r"playbook;[-\w), ;]+rim", "RIM", "PlayBook"),
    ("100-", r"\b((?:bb[a-f]|sth|stv)100-\d)", "BlackBerry", ""),
    ("(bb10; ", r"\(bb10; (\w+)", "BlackBerry", ""),
    # ASUS
    (
        "transfo|eeepc|slider |nexus 7|padfone|p00",
        r"(?:\b|asus_)(transformer(?: prime)? \w+|eeepc|slider \w+|nexus 7|padfone|p00[cj])", "ASUS", "",
    ),
    ("", r" (z[bes]6[027][012][km][ls])\b", "ASUS", ""),
    ("zenfone", r" (zenfone \d\w?)\b", "ASUS", ""),
    # HTC, ZTE and others who write their names
    ("nexus 9", r"(nexus 9)", "HTC", ""),
    ("htc", r"(htc)[-;_ ]{1,2}([\w ]+)(?:\)| bui)", "", ""),
    ("htc", r"(htc)[-;_ ]{1,2}(\w+)", "", ""),
    ("zte", r"(zte)[- ]([\w ]+?)(?: bui|/|\))", "", ""),
    (
        "alcatel|geeksphone|nexian|panasonic|sony",
        r"(alcatel|geeksphone|nexian|panasonic|sony(?!-bra))[-_ ]?([-\w]*)", "", "",
    ),
    ("", r"; ([ab][1-7]-?[0178a]\d\d?)", "Acer", ""),
    (" note bui", r"droid.+; (m[1-5] note) bui", "Meizu", ""),
    ("mz-", r"\bmz-([-\w]{2,})", "Meizu", ""),
    ("sh", r"\b(sh-?[altvz]?\d\d[a-ekm]?)", "Sharp", ""),
)  # fmt: skip
