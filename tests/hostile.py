"""Input as nobody sends it by mistake: strategies that the hypothesis tests of all suites share."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

ORDER: dict[str, Any] = {
    "orderId": "o-1",
    "customerId": "ada",
    "items": [{"sku": "TEA", "quantity": 2}],
    "paymentMethod": "pm_card_visa",
}
ITEM = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 5}
EVENT = {"instanceID": "o-1", "EventName": "Proceed", "EventData": None}

# The same examples at every run, however slow the machine: CI is no place for luck.
STEADY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)

NASTY_TEXTS = [
    "",
    " ",
    "o-1\n",
    "\x00",
    "\x7f",
    "\u0130",
    "\u202eadmin",
    "\u2028",
    "\ufeff",
    "\U0001f600",
    "\uff11\uff12",
    "e\u0301" * 50,
    "a" * 101,
    "a" * 70_000,
    "..",
    "../../admin/host/status",
    "o-1/terminate?reason=pwn#",
    "o-1%2Fterminate%3Freason=pwn%23",
    "o-1?taskHub=Other&code=x",
    "' or RowKey ge '",
    "x') or (1 eq 1",
    '"; DROP TABLE orders; --',
    "${jndi:ldap://x}",
    "{{7*7}}",
    "%s%n%x",
    "<script>alert(1)</script>",
    "@Counter@1",
    "null",
    "true",
    "NaN",
    "__class__",
]
NASTY_NUMBERS = [0, -0.0, -1, 1, 1.5, 2**31, 2**53 + 1, 2**63, -(2**63), 10**30, 1e308, 5e-324]

texts = st.sampled_from(NASTY_TEXTS) | st.text() | st.text(st.characters(codec="utf-8"))
scalars = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(NASTY_NUMBERS) | st.floats() | texts
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int) -> Any:
    """Return lists and objects in one another."""
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"x": value}
    return value


def broken(valid: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Give messages that are valid but for one or two things."""
    changed = st.builds(
        lambda name, value: {**valid, name: value}, st.sampled_from([*valid]), json_values
    )
    added = st.builds(lambda name, value: {**valid, name: value}, texts, json_values)
    missing = st.sampled_from([*valid]).map(
        lambda gone: {name: value for name, value in valid.items() if name != gone}
    )
    lines = st.lists(
        st.fixed_dictionaries({"sku": texts | st.just("TEA"), "quantity": scalars}), max_size=60
    )
    return changed | added | missing | lines.map(lambda items: {**valid, "items": items})


# What json.dumps does not make: the bytes themselves are the attack.
RAW = [
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b"{",
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b"1" * 60_000,
    b"-" + b"9" * 5_000,
    b"1e999",
    b"NaN",
    b'{"orderId": "o-1", "orderId": "o-2"}',
    b'{"customerId": "\\ud800"}',
    b'"\\u0000"',
    b"\r\n\r\n{}",
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
]
raw = st.sampled_from(RAW) | st.binary(max_size=300)
