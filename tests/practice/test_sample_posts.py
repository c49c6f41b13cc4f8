"""Practice posts: in the language, of the length and with the hashtags that were asked for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.ai_assistant.brief import Brief
from ppkit.ai_assistant.conversations import about
from ppkit.ai_assistant.counting import count
from ppkit.ai_assistant.networks import networks
from ppkit.practice_platform.sample_posts import compose, language_of
from ppkit.practice_platform.wishes import Length, call_of, hashtags_of, length_of, topic_of

SENTENCE = "Riapriamo la terrazza sul lungomare: aperitivo al tramonto ogni venerdì di giugno"


@sweep("language", ["it", "en"])
@sweep("network", sorted(networks()))
@sweep("topic", [SENTENCE, "tea", "Perché il mare è blu?", "word " * 390])
def test_a_post_keeps_to_the_length_and_hashtags_the_assistant_asks_for(
    network: str, language: str, topic: str
) -> None:
    brief = Brief(topic, network, language=language)
    body, limits = about(brief).body("any"), brief.for_network
    text = compose(body["input"], body["instructions"])
    assert count(text, limits).over == 0
    assert abs(len(text) - limits.best) < 130
    tags = re.findall(r"#\w+", text.splitlines()[-1])
    assert min(1, limits.hashtags) <= len(tags) <= limits.hashtags
    assert text.startswith("[Risposta di esercitazione]" if language == "it" else "[Practice answer]")


def test_a_topic_that_is_a_sentence_opens_the_post_as_it_is() -> None:
    body = about(Brief(SENTENCE, "x", call_to_action="Prenota il tuo tavolo")).body("any")
    text = compose(body["input"], body["instructions"])
    assert text.startswith(f"[Risposta di esercitazione] {SENTENCE}. ")
    assert "\nPrenota il tuo tavolo." in text or " Prenota il tuo tavolo." in text
    assert compose("Topic: why is the sea blue?").startswith("[Practice answer] Why is the sea blue? ")


@given(st.text(max_size=300), st.integers(60, 3000), st.integers(0, 5))
def test_no_post_is_ever_longer_than_asked(topic: str, longest: int, hashtags: int) -> None:
    instructions = f"Never more than {longest} characters. At most {hashtags} hashtags."
    text = compose(f"Topic: {topic}", instructions)
    assert len(text) <= longest
    assert text == compose(f"Topic: {topic}", instructions)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Best length: about 240 characters; never more than 280, hashtags included.", Length(240, 280)),
        ("Lunghezza ideale: circa 500 caratteri; mai più di 2.200, hashtag compresi.", Length(500, 2200)),
        ("A 280-character post", Length(280, None)),
        ("Massimo 1,500 battute.", Length(None, 1500)),
        ("at most 3 sentences, up to 5 hashtags, a title of at most 40 characters", Length()),
        ("The year 2026, 5,00 euro, 1000 people", Length()),
        ("1" * 5000 + " characters", Length()),
    ],
)
def test_a_length_is_read_from_what_is_asked(text: str, length: Length) -> None:
    assert length_of("Ciao", text) == length


def test_the_prompt_goes_before_the_instructions() -> None:
    assert length_of("in 100 characters", "in 200 characters") == Length(100, None)
    assert hashtags_of("senza hashtag", "2 hashtag") == 0
    assert language_of("Write it in English", "Scrivi in italiano") == "en"
    assert language_of("gelato", "Write a post in Italian") == "it"
    assert language_of("Scrivi un post su un gelato", "You are a helpful assistant") == "it"


@pytest.mark.parametrize(
    ("prompt", "topic"),
    [
        (f"Argomento: {SENTENCE}\nInvito finale: Prenota", SENTENCE),
        ("Scrivi un post sul lancio della gelateria. Breve.", "lancio della gelateria"),
        ("Un manifesto per “La Brina” a Bologna", "La Brina"),
        ("Ciao!", "Ciao!"),
        ("\n" * 50_000, "…"),
    ],
)
def test_the_topic_is_found(prompt: str, topic: str) -> None:
    assert topic_of(prompt) == topic


def test_the_closing_call_is_found_on_its_own_line() -> None:
    assert call_of("Topic: x\nCall to action: Book  now") == "Book now"
    assert call_of("An invitation") is None


@sweep(
    "prompt",
    [
        "Ciao",
        "Come va?",
        "Un post per il mio bar",
        "Grazie mille",
        "Buongiorno!",
        "Quanto costa?",
        "Dammi tre idee",
        "Che ore sono?",
        "Gelato al pistacchio",
        "Aperitivo sabato",
        "Novità",
        "Offerta speciale",
        "Più breve",
        "Continua",
        "Apertura negozio",
    ],
)
def test_few_words_in_italian_are_answered_in_italian(prompt: str) -> None:
    assert language_of(prompt) == "it"
    assert compose(prompt).startswith("[Risposta di esercitazione]")


@sweep(
    "prompt",
    [
        "Hello",
        "Hi",
        "How are you?",
        "A post for my bar",
        "Thanks",
        "Coffee",
        "Tell me a joke",
        "Come to our bar",
        "Opening hours",
        "What time is it?",
        "Shorter",
        "Continue",
        "Photo ideas",
        "Summer sale",
        "x",
        "",
    ],
)
def test_few_words_in_english_are_answered_in_english(prompt: str) -> None:
    assert language_of(prompt) == "en"
