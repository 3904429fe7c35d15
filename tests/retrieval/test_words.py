import pytest

from retrieval.bm25 import Postings
from retrieval.cognates import kin
from retrieval.lexical import LexicalIndex
from retrieval.lexicon import dictionary, translate
from retrieval.passage import Article, Language
from retrieval.spelling import Speller
from retrieval.words import grams, stem, words


def test_accents_case_and_link_targets_do_not_count() -> None:
    assert words("**Configuração** de [VPN](https://x.example/abc)") == ["configuracao", "de", "vpn"]


def test_four_letter_pieces_mark_the_edges_of_a_word() -> None:
    assert grams(["rede", "a"]) == ["_red", "rede", "ede_", "_a_"]


@pytest.mark.parametrize(
    ("portuguese", "spanish"),
    [
        ("configuracao", "configuracion"),
        ("arquivo", "archivo"),
        ("novo", "nuevo"),
        ("imagem", "imagen"),
        ("primeiro", "primero"),
    ],
)
def test_cognates_share_most_of_their_pieces(portuguese: str, spanish: str) -> None:
    one, other = set(grams([kin(portuguese)])), set(grams([kin(spanish)]))
    assert len(one & other) / len(one | other) >= 0.3


def test_phrases_are_translated_before_their_words() -> None:
    found = translate(["shared", "mailbox", "zzz"], "en", "pt-BR")
    assert found[0] == (("shared", "mailbox"), (("caixa", "de", "correio", "compartilhada"),))
    assert found[1] == (("zzz",), ())


@pytest.mark.parametrize(("source", "target"), [("en", "pt-BR"), ("pt-BR", "es"), ("es", "en")])
def test_the_lexicon_serves_every_pair_of_languages(source: Language, target: Language) -> None:
    known = dictionary(source, target)
    assert len(known) > 300
    assert all(all(phrase) for said in known.values() for phrase in said)


def test_a_slip_is_repaired_to_the_most_used_neighbour() -> None:
    frequency = {"senha": 9, "senda": 1, "impressor": 2}
    speller = Speller(frequency)
    assert [speller.repair(word, frequency) for word in ("sehna", "senga", "imprsesor", "abc", "0x80")] == [
        "senha", "senha", "impressor", "abc", "0x80",
    ]  # fmt: skip


def test_an_index_without_any_word_scores_nothing() -> None:
    assert Postings.build([[], []]).score({"a": 1.0}).tolist() == [0.0, 0.0]


def test_an_article_without_a_title_is_known_by_its_opening() -> None:
    texts = ("Troca de senha. " + "O portal abre cedo. " * 20, "O portal abre cedo. " * 20 + "Troca de senha.")
    articles = [Article(id=str(n), language="pt-BR", title="", body=text) for n, text in enumerate(texts)]
    index = LexicalIndex.build("pt-BR", articles)
    opening, end = index.score(index.read(["troca", "senha"], "pt-BR"))
    assert opening > end > 0


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("pt-BR", "atualização atualizações atualizacoes atualizar"),
        ("pt-BR", "permissão permissoes"),
        ("pt-BR", "disponível disponiveis"),
        ("pt-BR", "nível niveis"),
        ("pt-BR", "mensagem mensagens"),
        ("es", "imagen imágenes imagenes"),
        ("es", "configuración configuraciones configurar"),
    ],
)
def test_forms_of_one_word_share_a_stem_with_and_without_accents(language: Language, forms: str) -> None:
    assert len(set(stem(words(forms), language))) == 1
