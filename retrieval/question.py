"""A question as an index of one language reads it: weighted stems and pieces, and the ideas that must be covered."""

from dataclasses import dataclass, field

from retrieval.cognates import kin
from retrieval.lexicon import translate
from retrieval.passage import Language
from retrieval.spelling import Speller
from retrieval.words import grams, stem, words

LONGEST_QUESTION = 80  # words: more is a story, and its first words say what it is about
ORIGINAL = 0.5  # weight of a word that has a translation: names and loan words still meet
_ABBREVIATIONS: dict[Language, dict[str, str]] = {
    "pt-BR": {"msg": "mensagem", "msgs": "mensagens", "pc": "computador", "cel": "celular", "net": "internet",
              "vc": "voce", "vcs": "voces", "pq": "porque", "tbm": "tambem", "tb": "tambem", "n": "nao", "q": "que",
              "hj": "hoje", "qdo": "quando", "qnd": "quando", "p": "para", "pra": "para", "c": "com", "mto": "muito",
              "obg": "obrigado", "blz": "beleza", "doc": "documento", "docs": "documentos", "config": "configuracao"},
    "es": {"msj": "mensaje", "msjs": "mensajes", "pc": "computadora", "compu": "computadora", "xq": "porque",
           "pq": "porque", "q": "que", "x": "por", "tmb": "tambien", "tb": "tambien", "d": "de", "k": "que",
           "cel": "celular", "xfa": "por favor", "doc": "documento", "config": "configuracion", "ctra": "contrasena"},
    "en": {"u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "msg": "message", "pw": "password",
           "pwd": "password", "acct": "account", "bc": "because", "cuz": "because", "thx": "thanks", "doc": "document",
           "config": "configuration", "w": "with", "wo": "without", "abt": "about", "tmrw": "tomorrow"},
}  # fmt: skip
_FUNCTION_WORDS: dict[Language, frozenset[str]] = {
    "pt-BR": frozenset(
        "a o as os um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem e ou que se ao aos "
        "como qual quais quando onde porque eu tu ele ela nos voce voces eles elas me te lhe meu minha meus minhas seu "
        "sua seus suas este esta isto esse essa isso aquele aquela aquilo nao sim ja ser e sou sao era foi estar esta "
        "estou estao ter tem tenho ha pode posso consigo quero preciso fazer faco faz fica ola oi opa bom boa dia tarde "
        "noite ajuda favor obrigado obrigada tambem muito mais mas so aqui gostaria saber alguem".split()
    ),
    "es": frozenset(
        "a el la los las un una unos unas de del al en por para con sin y o u que se como cual cuales cuando donde "
        "porque yo tu el ella nosotros usted ustedes ellos ellas me te le les mi mis su sus este esta esto ese esa eso "
        "aquel aquella no si ya ser es soy son era fue estar estoy esta estan tener tiene tengo hay puede puedo quiero "
        "necesito hacer hago hace queda hola buenas buenos buen dias tardes noches ayuda favor gracias tambien muy mas "
        "pero solo aqui quisiera saber alguien".split()
    ),
    "en": frozenset(
        "a an the of in on at by for with without to from and or that which what how when where why who i you he she it "
        "we they me my your his her its our their this these those not no yes is am are was were be been do does did "
        "have has had can could will would should may might need want get hi hello hey good morning afternoon evening "
        "help please thanks thank also very more but only here there if as so am im".split()
    ),
}


@dataclass(slots=True)
class Reading:
    """Terms with weights for both kinds of index. `ideas`: each a choice of stems of which one is enough."""

    stems: dict[str, float] = field(default_factory=dict)
    pieces: dict[str, float] = field(default_factory=dict)
    ideas: list[frozenset[str]] = field(default_factory=list)

    def add(self, phrase: tuple[str, ...], stems: list[str], weight: float) -> None:
        """Count a phrase; one said twice counts twice."""
        for term in stems:
            self.stems[term] = self.stems.get(term, 0.0) + weight
        for piece in kin_pieces(phrase):
            self.pieces[piece] = self.pieces.get(piece, 0.0) + weight


def kin_pieces(folded: tuple[str, ...] | list[str]) -> list[str]:
    """The 4-grams of the shapes that cognates share."""
    return grams([kin(word) for word in folded])


def question_words(text: str, language: Language) -> list[str]:
    """The folded words of a question, chat abbreviations written out."""
    spelled = _ABBREVIATIONS[language]
    return [part for word in words(text)[:LONGEST_QUESTION] for part in spelled.get(word, word).split()]


def read(folded: list[str], asker: Language, language: Language, speller: Speller, known: dict[str, int]) -> Reading:
    """The question's words as an index of `language` looks them up; `known` are its stems with their frequency."""
    reading, idle = Reading(), _FUNCTION_WORDS[asker]
    for phrase, translations in translate(folded, asker, language):
        own = stem(phrase, language)
        if not translations:
            own = [speller.repair(term, known) for term in own]
        reading.add(phrase, own, ORIGINAL if translations else 1.0)
        spoken = [(said, stem(said, language)) for said in translations]
        for said, terms in spoken:
            _raise(reading, said, terms)
        if not idle.issuperset(phrase):
            reading.ideas.append(frozenset(own).union(*(terms for _, terms in spoken)))
    return reading


def _raise(reading: Reading, said: tuple[str, ...], terms: list[str]) -> None:
    """Let a translation count once however often it is offered; each word of a longer one a little less."""
    weight = float(len(said) ** -0.5)
    for term in terms:
        reading.stems[term] = max(reading.stems.get(term, 0.0), weight)
    for piece in kin_pieces(said):
        reading.pieces[piece] = max(reading.pieces.get(piece, 0.0), weight)
