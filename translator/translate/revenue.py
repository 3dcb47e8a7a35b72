"""Revenue and products (segment-actions.md section 6; differences 4, 9 and 23). Pure."""

from __future__ import annotations

import re
from typing import Any

from translator.translate.amounts import amount
from translator.translate.notes import Notes
from translator.translate.pages import PLACES
from translator.translate.paths import present, text
from translator.translate.reading import Reading

ORDER = "Order Completed"
PRODUCT_IDS = ("productId", "product_id", "sku")
MOST_PRODUCTS = 500
"""Product Purchased events of one order: each repeats the order's user properties, so that their size is the square of
the call's. All products stay in the order itself."""

_CLASSIC_ORDER = re.compile(r"[ _]?completed[ _]?order[ _]?|[ _]?order[ _]?completed[ _]?", re.I)


def is_order(reading: Reading) -> bool:
    """Whether a track is an order: the exact name in preset actions, either order of the words in preset classic."""
    if reading.kind != "track":
        return False
    name = text(reading.body.get("event")) or ""
    if reading.settings.translate.preset == "classic":
        return _CLASSIC_ORDER.fullmatch(name) is not None
    return name == ORDER


def has_revenue(reading: Reading) -> bool:
    """Whether revenue is read from a call: from orders; in preset classic from any track that has one."""
    if reading.settings.translate.preset == "classic" and reading.kind == "track":
        return is_order(reading) or present(reading.properties.get("revenue"))
    return is_order(reading)


def products(reading: Reading) -> list[tuple[int, dict[str, Any]]]:
    """The products of an order that are objects, each with its position in the array, from 1."""
    listed = reading.properties.get("products")
    if not is_order(reading) or not isinstance(listed, list) or not reading.settings.translate.product_events:
        return []
    if len(listed) > MOST_PRODUCTS:
        reading.notes.add("products_limit", "properties.products")
        listed = listed[:MOST_PRODUCTS]
    return [(number, item) for number, item in enumerate(listed, 1) if isinstance(item, dict)]


def places(reading: Reading) -> int:
    """How many places the events of a call take, whether or not they become records: the main one and the products, or
    those of a page."""
    if reading.kind in ("page", "screen"):
        return PLACES
    listed = reading.properties.get("products")
    return 1 + (len(listed) if isinstance(listed, list) else 0)


def revenue_block(source: dict[str, Any], path: str, notes: Notes) -> dict[str, Any]:
    """price, quantity, revenue, productId and revenueType of an order or a product; nothing where there is no revenue.

    Amplitude counts price x quantity where all three are there, so that a quantity which is not whole is left out
    together with the price (amplitude-api.md section 2.1.2: quantity is an integer).
    """
    price, quantity = _amount(source, "price", path, notes), _amount(source, "quantity", path, notes)
    given = _amount(source, "revenue", path, notes)
    both = price is not None and quantity is not None
    revenue = _product(price, quantity) if price is not None and quantity is not None else given
    if not revenue:
        return {}
    found: dict[str, Any] = {"revenue": revenue, "revenueType": text(source.get("revenueType")) or "Purchase"}
    if quantity is not None and quantity == int(quantity):
        found["quantity"] = int(quantity)
    elif quantity is not None:
        notes.add("amount_unread", f"{path}.quantity", "not a whole number: sent as revenue without price and quantity")
    if price is not None and (not both or "quantity" in found):
        found["price"] = price
    if product := _product_id(source):
        found["productId"] = product
    return found


def _product_id(source: dict[str, Any]) -> str | None:
    for key in PRODUCT_IDS:
        if present(value := source.get(key)):
            return text(value)
    return None


def _product(price: float, quantity: float) -> float | None:
    try:
        return amount(price * quantity)
    except OverflowError:
        return None


def _amount(source: dict[str, Any], key: str, path: str, notes: Notes) -> float | int | None:
    value = source.get(key)
    if value is None or type(value) is int:  # nearly always
        return value
    found = amount(value)
    if found is None and present(value):
        notes.add("amount_unread", f"{path}.{key}")
    return found
