"""What may be a password of a person: long enough, not the email address, not what everybody tries first."""

from __future__ import annotations

from typing import Final

from mobilesasa.core.errors import BadValue

SHORTEST: Final = 10
LONGEST: Final = 200

_WORDS: Final = """
    0123456789 0987654321 1029384756 1111111111 11111111111 1122334455 1231231234 123123123123 1234512345 123456123456
    1234567890 12345678900 12345678901 12345678910 123456789a 123456789q 123456789abc 123456789012 1234567891 1q2w3e4r5t
    1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc 9876543210 987654321a a123456789 a1b2c3d4e5 aa123456789 abc1234567
    abc123456789 abcd123456 abcdefghij administrator admin12345 admin123456 alexander1 asdfghjkl1 asdfghjkl; asdfghjkl123
    bismillah1 changeme123 changeme1234 christopher football123 football10 iloveyou12 iloveyou123 iloveyou1234 jesuschrist
    kenya12345 liverpool1 liverpool123 letmein123 letmein1234 letmein12345 manchester manchester1 mobilesasa mobilesasa1
    mobilesasa123 mypassword mypassword1 nairobi123 nairobi1234 p@ssw0rd12 p@ssw0rd123 p@ssword123 passw0rd12 passw0rd123
    password01 password10 password11 password12 password123 password1234 password12345 password123456 password@123
    password2024 password2025 password2026 princess12 princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv qwer123456
    qwert12345 qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop1 qwertyuiop123 qwertyuiop[] safaricom1
    safaricom123 superman12 superman123 sunshine12 sunshine123 test123456 testtest12 unitedkingdom victoria123
    welcome123 welcome1234 welcome12345 welcome@123 whatever12 zaq12wsxcde3 zxcvbnm123 zxcvbnm1234 zxcvbnm,./
"""
#: The commonest of lists of stolen passwords that are long enough; what is shorter is refused for that.
COMMONEST: Final = frozenset(_WORDS.split())
#: Words of this platform and of where it is used. They and the name in the email address do not count in a password.
COMMON_HERE: Final = (
    "mobilesasa",
    "safaricom",
    "nairobi",
    "kenya",
    "password",
    "welcome",
    "qwerty",
    "letmein",
    "admin",
)
_BESIDE_WORDS: Final = 6  # characters that a password has besides these, at least
_NAME_FROM: Final = 4  # characters; a shorter name stands in many words


def checked_password(password: str, email: str) -> str:
    """Return a password that may be kept.

    Args:
        password: as it was typed; it is not altered.
        email: whose it will be.

    Raises:
        BadValue: it is too short or too long, the email address or a part of it, among the commonest, or little besides
            words that are common here.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadValue(f"a password has {SHORTEST} to {LONGEST} characters")
    folded = password.casefold().strip()
    address = email.casefold()
    if folded in (address, *address.split("@")):
        raise BadValue("the password must not be the email address, or a part of it")
    if folded in COMMONEST or len(set(folded)) < 4:
        raise BadValue("this password is among the first that anybody would try; choose another")
    if len(_without_words(folded, address.partition("@")[0])) < _BESIDE_WORDS:
        raise BadValue("the password is little besides words that anybody would try; choose another")
    return password


def _without_words(folded: str, name: str) -> str:
    for word in (*COMMON_HERE, name):
        if len(word) >= _NAME_FROM:
            folded = folded.replace(word, "")
    return folded
