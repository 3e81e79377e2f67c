"""How the log tells of goods and money."""

from collections.abc import Mapping

# ISO 4217: all other currencies have two decimal digits.
_NO_DIGITS = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
)
_THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_MOST = 5


def pieces(quantities: Mapping[str, int]) -> str:
    """Return `2 TEA, 1 CUP`, of five SKUs at most."""
    return _listed([f"{quantity} {sku}" for sku, quantity in quantities.items()])


def shortage(missing: Mapping[str, int], needs: Mapping[str, int]) -> str:
    """Return `44 of 50 TEA missing`, of five SKUs at most."""
    return _listed([f"{count} of {needs[sku]} {sku} missing" for sku, count in missing.items()])


def money(amount: int, currency: str) -> str:
    """Return `12.50 EUR` for 1250 minor units."""
    digits = 0 if currency in _NO_DIGITS else 3 if currency in _THREE_DIGITS else 2
    return f"{amount / 10**digits:.{digits}f} {currency}"


def first_line(text: str) -> str:
    """Return the first line of a text from outside: a log line stays one line."""
    return text.strip().splitlines()[0][:500] if text.strip() else ""


def _listed(parts: list[str]) -> str:
    left = len(parts) - _MOST
    return ", ".join(parts[:_MOST]) + (f" and {left} more" if left > 0 else "")
