"""What the platform itself says in a menu, in the menu's language; a menu may say each of it otherwise.

Words stand on a screen beside what the team wrote, so they are short. `{least}` and `{most}` are the bounds of an input.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: What stands behind a key, such as `98 More`; of these lines and the text something must fit on the smallest screen.
LABELS: Final = ("more", "back", "next")
LABEL_CHARACTERS: Final = 12
SENTENCE_CHARACTERS: Final = 120

_ENGLISH: Final = {
    "more": "More",
    "back": "Back",
    "next": "Next",
    "choose": "That is not one of the choices.",
    "text": "Please write an answer.",
    "text_between": "Please write {least} to {most} characters.",
    "text_least": "Please write at least {least} characters.",
    "text_most": "Please write at most {most} characters.",
    "text_pattern": "That is not written as it should be.",
    "number": "Please enter a number.",
    "number_between": "Please enter a number from {least} to {most}.",
    "number_least": "Please enter a number, {least} or more.",
    "number_most": "Please enter a number, {most} or less.",
    "amount": "Please enter an amount of money.",
    "amount_between": "Please enter an amount from {least} to {most}.",
    "amount_least": "Please enter an amount, {least} or more.",
    "amount_most": "Please enter an amount, {most} or less.",
    "phone": "Please enter a phone number such as 0712345678.",
    "date": "Please enter a date such as 24/12/2026.",
    "date_between": "Please enter a date from {least} to {most}.",
    "date_least": "Please enter a date, {least} or later.",
    "date_most": "Please enter a date, {most} or earlier.",
    "resume": "You were cut off. Do you want to go on?",
    "continue": "Continue",
    "again": "Start again",
    "done": "Thank you.",
    "over": "Your session has ended. Please dial again.",
    "apology": "Sorry, something went wrong. Please try again later.",
}
_SWAHILI: Final = {
    "more": "Zaidi",
    "back": "Rudi",
    "next": "Endelea",
    "choose": "Hilo si mojawapo ya machaguo.",
    "text": "Tafadhali andika jibu.",
    "text_between": "Tafadhali andika herufi {least} hadi {most}.",
    "text_least": "Tafadhali andika angalau herufi {least}.",
    "text_most": "Tafadhali andika herufi zisizozidi {most}.",
    "text_pattern": "Haijaandikwa inavyotakiwa.",
    "number": "Tafadhali andika nambari.",
    "number_between": "Tafadhali andika nambari kuanzia {least} hadi {most}.",
    "number_least": "Tafadhali andika nambari, {least} au zaidi.",
    "number_most": "Tafadhali andika nambari isiyozidi {most}.",
    "amount": "Tafadhali andika kiasi cha pesa.",
    "amount_between": "Tafadhali andika kiasi kuanzia {least} hadi {most}.",
    "amount_least": "Tafadhali andika kiasi, {least} au zaidi.",
    "amount_most": "Tafadhali andika kiasi kisichozidi {most}.",
    "phone": "Tafadhali andika nambari ya simu kama 0712345678.",
    "date": "Tafadhali andika tarehe kama 24/12/2026.",
    "date_between": "Tafadhali andika tarehe kuanzia {least} hadi {most}.",
    "date_least": "Tafadhali andika tarehe, {least} au baadaye.",
    "date_most": "Tafadhali andika tarehe, {most} au kabla.",
    "resume": "Ulikatika. Ungependa kuendelea?",
    "continue": "Endelea",
    "again": "Anza upya",
    "done": "Asante.",
    "over": "Kipindi chako kimekwisha. Tafadhali piga tena.",
    "apology": "Samahani, kuna tatizo. Tafadhali jaribu tena baadaye.",
}
#: The words by language.
LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({"en": _ENGLISH, "sw": _SWAHILI})

#: The names of all words, by which a menu's `texts` says them otherwise.
KEYS: Final = frozenset(_ENGLISH)
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def words_of(language: str, texts: Mapping[str, str] = _NONE) -> Mapping[str, str]:
    """Return all words in a language, English where we do not have it, but those that are said otherwise.

    Args:
        language: such as `sw` or `sw-KE`.
        texts: words by their names; names that there are not say nothing.
    """
    ours = LANGUAGES.get(_plain(language), _ENGLISH)
    return {**ours, **{key: text for key, text in texts.items() if key in KEYS and text}}


def said(key: str, language: str = "en", texts: Mapping[str, str] = _NONE) -> str:
    """Return one of the words, as `words_of` has it."""
    return words_of(language, texts)[key]


def has_words(language: str) -> bool:
    """Whether we have words in a language."""
    return _plain(language) in LANGUAGES


def _plain(language: str) -> str:
    """Return a language without its country: `sw` of `sw-KE`."""
    return language.lower().replace("_", "-").partition("-")[0]
