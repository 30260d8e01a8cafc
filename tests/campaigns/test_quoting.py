"""What each recipient gets and costs, said by the one door."""

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.campaigns.model import Person, Quoted
from mobilesasa.campaigns.quoting import Quoter
from mobilesasa.campaigns.tally import Tally
from mobilesasa.campaigns.texts import CONTACT_FIELDS, read_template
from mobilesasa.core.errors import NoRoute, Refused, SenderNotApproved, TooManyParts
from mobilesasa.core.model import Lane, Priced, Submission
from mobilesasa.sms.segments import Alphabet
from tests.core.test_gateway import Rig

AMINA, JUMA = "254712345678", "254733000111"
SUBMISSION = Submission(1, "TextBlast", "", "", lane=Lane.BULK, campaign_uuid="the campaign")


def quoter(text: str, base: str | None = None, **changes: object) -> Quoter:
    codes = iter(f"code{number:04}" for number in range(1000))
    template = read_template(text, CONTACT_FIELDS, track=base is not None)
    return Quoter(template, attrs.evolve(SUBMISSION, **changes), Rig().gateway.judge, base, lambda: next(codes))


def test_a_plain_text_is_not_kept_for_each_recipient():
    assert quoter("Hello").quote([Person(AMINA, {}), Person(JUMA, {})]) == [
        Quoted(AMINA, 2, 1, None),
        Quoted(JUMA, 2, 1, None),
    ]


def test_a_personal_text_is_kept_with_what_it_takes():
    amina, juma = quoter("Hi {first_name:there}").quote([Person(AMINA, {"first_name": "Amina"}), Person(JUMA, {})])
    assert (amina.text, juma.text) == ("Hi Amina", "Hi there")


def test_each_recipient_pays_for_their_own_parts_and_their_own_prefix():
    people = [
        Person(AMINA, {"first_name": "Amina"}),
        Person(JUMA, {"first_name": "x" * 160}),
        Person("255781234567", {"first_name": "Ж" * 70}),
    ]
    quoted = quoter("{first_name}").quote(people)
    assert [(one.parts, one.units, one.alphabet) for one in quoted] == [
        (1, 2, Alphabet.GSM7),
        (1, 2, Alphabet.GSM7),
        (1, 5, Alphabet.UCS2),
    ]
    assert [one.parts for one in quoter("{first_name}!").quote(people)] == [1, 2, 2]


def test_who_is_suppressed_is_left_out_and_costs_nothing():
    quoting = quoter("Hi {first_name}")
    amina, juma = quoting.quote([Person(AMINA, {}, suppressed=True), Person(JUMA, {})])
    assert amina == Quoted(AMINA, 0, 0, None, "suppressed")
    assert juma.skipped is None
    assert (quoting.tally.recipients, quoting.tally.units, quoting.tally.skipped) == (1, 2, {"suppressed": 1})


def test_who_is_refused_is_left_out_with_the_code_of_the_refusal():
    quoting = quoter("Hi")
    nowhere, juma = quoting.quote([Person("256712345678", {}), Person(JUMA, {})])
    assert (nowhere.skipped, juma.skipped) == ("no_route", None)
    assert isinstance(quoting.refusal, NoRoute)


def test_the_first_refusal_says_why_nobody_gets_it():
    quoting = quoter("x" * 2000)
    quoting.quote([Person(AMINA, {}), Person("256712345678", {})])
    assert quoting.tally.recipients == 0
    assert isinstance(quoting.refusal, TooManyParts)
    quoting = quoter("Hi", sender="Waiting")
    quoting.quote([Person(AMINA, {})])
    assert isinstance(quoting.refusal, SenderNotApproved)


def test_nothing_was_refused_where_all_went_well():
    quoting = quoter("Hi")
    assert quoting.quote([]) == []
    quoting.quote([Person(AMINA, {})])
    assert quoting.refusal is None


def test_a_phone_in_a_text_is_that_of_the_recipient():
    (amina,) = quoter("Your number: {phone}").quote([Person(AMINA, {})])
    assert amina.text == "Your number: +254712345678"


def test_all_links_of_a_recipient_have_one_code_and_of_several_a_number():
    people = [Person(AMINA, {}, code="knowncod"), Person(JUMA, {})]
    amina, juma = quoter("https://a.b or https://c.d", base="https://go.ke").quote(people)
    assert (amina.text, amina.code) == ("https://go.ke/knowncod1 or https://go.ke/knowncod2", "knowncod")
    assert (juma.text, juma.code) == ("https://go.ke/code00001 or https://go.ke/code00002", "code0000")


def test_a_single_link_has_no_number():
    (amina,) = quoter("{first_name:Hi} https://a.b", base="https://go.ke").quote([Person(AMINA, {})])
    assert amina.text == "Hi https://go.ke/code0000"


def test_who_gets_nothing_gets_no_code():
    quoting = quoter("https://a.b", base="https://go.ke")
    quoted = quoting.quote([Person(AMINA, {}, suppressed=True), Person("256712345678", {}), Person(JUMA, {})])
    assert [one.code for one in quoted] == [None, None, "code0001"]


def test_a_text_without_links_has_no_codes_though_they_were_asked_for():
    quoted = quoter("Hello", base="https://go.ke").quote([Person(AMINA, {}, code="knowncod")])
    assert quoted == [Quoted(AMINA, 2, 1, None)]


def test_samples_read_what_the_door_made_of_the_text():
    def judge(batch: list[Submission]) -> list[Priced | Refused]:
        verdicts = Rig().gateway.judge(batch)
        return [attrs.evolve(one, text=f"{one.text} STOP") if isinstance(one, Priced) else one for one in verdicts]

    tally = Tally()
    quoting = Quoter(read_template("Hi {first_name}", CONTACT_FIELDS), SUBMISSION, judge, None, str, tally)
    (amina, _) = quoting.quote([Person(AMINA, {"first_name": "Amina"}), Person("256712345678", {})])
    assert (amina.text, tally.longest.text, tally.random[0].text) == ("Hi Amina", "Hi Amina STOP", "Hi Amina STOP")


def test_a_message_keeps_what_the_campaign_says_of_it():
    seen: list[Submission] = []

    def judge(batch: list[Submission]) -> list[Priced | Refused]:
        seen.extend(batch)
        return Rig().gateway.judge(batch)

    Quoter(read_template("Hi", ()), SUBMISSION, judge, None, str).quote([Person(AMINA, {})])
    assert seen == [attrs.evolve(SUBMISSION, recipient=f"+{AMINA}", text="Hi")]


people = st.lists(
    st.builds(
        Person,
        phone=st.sampled_from(["2547123456", "2557812345", "2567123456"]).flatmap(
            lambda prefix: st.integers(10, 99).map(lambda end: f"{prefix}{end}")
        ),
        fields=st.fixed_dictionaries(
            {}, optional={"first_name": st.text(max_size=200), "email": st.none() | st.floats() | st.booleans()}
        ),
        suppressed=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda person: person.phone,
)
patterns = st.lists(
    st.sampled_from(["Hi {first_name:x}, ", "{email}", "€" * 70, "Ж", "x" * 150]), min_size=1, max_size=12
)


@settings(max_examples=100, deadline=None)
@given(people, patterns.map("".join))
def test_what_is_quoted_is_what_the_door_says_of_the_same_message(given_people, text):
    quoting, gateway, template = quoter(text), Rig().gateway, read_template(text, CONTACT_FIELDS)
    quoted = quoting.quote(given_people)
    assert [one.phone for one in quoted] == [person.phone for person in given_people]
    for person, one in zip(given_people, quoted, strict=True):
        said = template.render(person.fields) if one.text is None else one.text
        (verdict,) = gateway.judge([attrs.evolve(SUBMISSION, recipient=f"+{person.phone}", text=said)])
        if person.suppressed:
            assert one.skipped == "suppressed"
        elif isinstance(verdict, Refused):
            assert one.skipped is not None
        else:
            assert (one.units, one.parts, one.skipped) == (verdict.price_units, verdict.parts, None)
    assert quoting.tally.units == sum(one.units for one in quoted)
    assert quoting.tally.recipients + quoting.tally.skipped.total() == len(quoted)
