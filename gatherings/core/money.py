"""Money: an integer of minor units and an ISO 4217 currency; how many digits, and reading what people type.

Showing it is a matter of language: web/money.py.
"""

import re
import unicodedata

# ISO 4217, minor units: all others have two. (Languages disagree with the standard on a few; the standard counts.)
_NO_DIGITS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
# What has a code and is no money that anybody pays with: metals, funds, tests (ISO 4217, X… but the unions' francs).
_NO_MONEY = frozenset("BOV CHE CHW CLF COU MXV USN UYI UYW XAD".split())
_UNIONS = frozenset("XAF XCD XCG XOF XPF".split())

MOST = 10**9  # minor units of one price
MOST_OF_ORDER = 2 * MOST  # of all tickets of one order: columns of amounts hold 2³¹ - 1


def is_currency(code: str) -> bool:
    """Tell whether a code is a currency that people pay with, such as "SEK"."""
    if not re.fullmatch(r"[A-Z]{3}", code) or code in _NO_MONEY or (code[0] == "X" and code not in _UNIONS):
        return False
    import pycountry  # heavy, and asked for by organisers alone

    return pycountry.currencies.get(alpha_3=code) is not None


def digits_of(currency: str) -> int:
    """Give how many digits a currency's minor unit has: 2 for SEK, 0 for JPY and ISK, 3 for KWD."""
    return 0 if currency in _NO_DIGITS else 3 if currency in _THREE_DIGITS else 2


def step_of(currency: str) -> int:
    """Give the smallest amount that can be paid, in minor units: cards cannot pay single fils.

    Card networks take currencies with three digits in tens alone (docs.stripe.com/currencies).
    """
    return 10 if digits_of(currency) == 3 else 1


def rounded(amount: int, parts: int, whole: int) -> int:
    """Give `amount` × `parts` / `whole`, rounded half up; all not negative. The one place where money is rounded."""
    return (2 * amount * parts + whole) // (2 * whole)


def to_step(amount: int, currency: str) -> int:
    """Round an amount to what can be paid, half up."""
    step = step_of(currency)
    return rounded(amount, 1, step) * step


def read_amount(text: str, currency: str) -> int:
    """Read what somebody typed as an amount: "6500", "6 500,00", "1,234.50"; raises ValueError with no words.

    The last point or comma is the decimal sign if no more digits follow it than the currency has; one before groups
    of three is a separator. What could mean two things ("1,234" in KWD) is read as decimals only where the currency
    has three digits.
    """
    cleaned = unicodedata.normalize("NFKC", text).strip()
    cleaned = re.sub(r"^[A-Z]{3}|[A-Z]{3}$", "", cleaned.upper()) if currency in cleaned.upper() else cleaned
    cleaned = re.sub(r"[\s'’_]", "", cleaned)
    digits = digits_of(currency)
    found = re.fullmatch(r"([0-9]{1,12}|[0-9]{1,3}(?:[.,][0-9]{3})+)(?:[.,]([0-9]{1,3}))?", cleaned)
    if not found:
        raise ValueError(text)
    whole, part = found[1], found[2]
    if part is not None and len(part) > digits:
        if len(part) == 3 and len(re.sub("[.,]", "", whole)) <= 3 and whole != "0":
            whole, part = whole + part, None  # "6,500": a group of three, not decimals
        else:
            raise ValueError(text)
    separators = set(re.findall("[.,]", whole))
    if len(separators) > 1 or (part is not None and separators and cleaned[-len(part) - 1] in separators):
        raise ValueError(text)
    amount = int(re.sub("[.,]", "", whole)) * 10**digits + int((part or "").ljust(digits, "0") or 0)
    if amount > MOST:
        raise ValueError(text)
    return amount


def plain(amount: int, currency: str) -> str:
    """Write an amount for machines and files: "6500.00", "1200", "12.340"."""
    digits = digits_of(currency)
    sign, amount = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}{amount // 10**digits}.{amount % 10**digits:0{digits}}" if digits else f"{sign}{amount}"
