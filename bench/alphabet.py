"""What the alphabet, the segments and the numbers cost, in microseconds a call: `python bench/alphabet.py`."""

import timeit
from collections.abc import Callable

from mobilesasa.sms.alphabet import decode_gsm, encode_gsm
from mobilesasa.sms.estimate import count_parts, estimate
from mobilesasa.sms.numbers import normalise, normalise_fast
from mobilesasa.sms.segments import split

PLAIN = ("Your code is 483920. It is valid for ten minutes; share it with nobody. Call 0711000000 for help. " * 2)[:160]
EXTENDED = PLAIN[:-10] + "{[€]}"
CYRILLIC = "Ваш код 483920, никому его не говорите. Он годен десять минут."
CALLS = 20_000


def best_us(call: Callable[[], object]) -> float:
    """The best of five runs, in microseconds a call."""
    return min(timeit.repeat(call, number=CALLS, repeat=5)) / CALLS * 1e6


def main() -> None:
    """Measure and print."""
    texts = {"GSM, 160": PLAIN, "GSM, 160 with €": EXTENDED, "UCS-2, 62": CYRILLIC, "GSM, 4 parts": PLAIN * 3}
    unseen = iter(range(10**8))
    rows: dict[str, Callable[[], object]] = {}
    for name, text in texts.items():
        if not name.startswith("UCS"):
            octets = encode_gsm(text)
            rows[f"encode_gsm      {name}"] = lambda text=text: encode_gsm(text)  # type: ignore[misc]
            rows[f"decode_gsm      {name}"] = lambda octets=octets: decode_gsm(octets)  # type: ignore[misc]
        rows[f"count_parts     {name}"] = lambda text=text: count_parts(text)  # type: ignore[misc]
        rows[f"estimate        {name}"] = lambda text=text: estimate(text)  # type: ignore[misc]
        rows[f"split           {name}"] = lambda text=text: split(text)  # type: ignore[misc]
    rows["normalise_fast  254712345678"] = lambda: normalise_fast("254712345678", "KE")
    rows["normalise_fast  +254712345678"] = lambda: normalise_fast("+254712345678", "KE")
    rows["normalise       seen before"] = lambda: normalise("+254712345678")
    rows["normalise       not seen before"] = lambda: normalise(f"+2547{next(unseen):08d}")
    for name, call in rows.items():
        print(f"{name:42} {best_us(call):8.2f} µs")


if __name__ == "__main__":
    main()
