"""Values that a field table can hold."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = TEXTS.filter(lambda text: len(text.encode()) <= 255)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
TIMES = st.integers(0, 253_402_300_799).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
DECIMALS = st.builds(
    lambda raw, places: Decimal(raw).scaleb(-places), st.integers(-(2**31), 2**31 - 1), st.integers(0, 255)
)
SCALARS = st.one_of(
    st.none(), st.booleans(), INTEGERS, st.floats(allow_nan=False), TEXTS, st.binary(max_size=40), TIMES, DECIMALS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
TABLES = st.dictionaries(NAMES, VALUES, max_size=6)
