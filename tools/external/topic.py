"""Whether a question is one for a help desk at all: only those may be asked of anybody outside.

Meta bars general assistants from WhatsApp, and an engine takes some questions about the world for questions of work.
"""

import re

from retrieval.colloquial import FUNCTION_WORDS
from retrieval.lexicon import Phrase, translate
from retrieval.passage import Language
from retrieval.question import question_words
from tools.external.products import KNOWN

ANYBODYS = frozenset(
    re.findall(
        r"\S+",
        """
        about how that what which why when where people person home house place location start begin stop open close
        help need want use usage get obtain check verify test new old different other another first several many all
        only alone time date day month year name address number city type kind see view show hide find search write
        read learn learning understand wait leave exit join empty blank later daily avoid prevent require required
        mandatory necessary text voice image picture photo video audio sound lost lose missing buy purchase price cost
        pay payment travel trip meal food change create make move copy work works working run line row table chair
        language translate translation plan center centre content public private medical doctor bank weather hot cold
        send receive reply respond answer message call size full limit maximum broken fix slow save remove add edit
        delete course training child team member guest owner property company client customer partner product key
        local cloud order hour hours temporary available unavailable call event invite invitation room book booking
        background available building door space storage benefit
        blue red green black white yellow gray classic color column best better fast quick quickly slowly letter
        second seconds next previous always never nobody each among between easy easily hard happen happens
        small big large long short good fine well choose class clean clear cause chart bicycle bus bottom
        corner birth boot boots camera car card children wife husband son spouse compare common conversation
        corrected current custom customize date days week weekly degree describe description destination
        detail details difference discover doubt drive drop education effect energy experience exam example
        exist fall fare favorite favorites field flight flow following font free future general graduation
        group groups guide hand hands header hear high history hold holiday holidays home hotel images improve
        include individual inside island item items keep kind know known lamp leaf left lesson level library
        light link list little local lower machine manually map mark mass match matrix matter meaning method
        minimum minute minutes mode modern moving music natural negative news normal note object occur offer
        operation option order organize output outside overview page pane panel paper part participant paste
        path pattern performance phone physical play point positive power practice prepare presence
        presentation press problem process professional professor progress project proof proper public quality
        quantity question questions reach reason reasons recent recently recipe recognize recommend
        recommended record recording reduce relation relevant remember repeat replace report reproduce
        research resource result results right rights risk role rule rules sale sales same scale scenario
        school science season see select sense sensitive separate series shape shift side sign simple slide
        solve son sort speed sport split standard state statement step steps story strategy structure student
        students study subject success successfully suggestion suggestions summary sure survey surprise take
        target task taxi teacher technology theme then thing things threat together tool tools top topic track
        traffic transfer transition transport trash trial trouble true trust try under university upper use
        using value values version video visible voice war watch way website white wish within word words
        world worlds wrong year years yellow young academic accept action add address advanced affected after
        age agent agreement amount anonymous appear area army around article articles attack attempt attention
        average balance bank banks base basic battery become before behavior belong between blog branch
        business cancel candidate capacity capital capture carrier category character characters charge check
        chat college combination combine command comment community comparison complete complex component
        condition conditions conference consider contact contain content contest continue contract control
        conversion convert correct cost country create creating credit criteria crash crossing cup customer
        """,
    )
)
"""English words of the vocabulary that are said at work and everywhere else: they make no question one of work."""


NAMED = frozenset({"sistema", "system", "mail", "email", "intranet", "internet"})
"""Not in the vocabulary, since all three languages write them alike or it has no need of them."""


def is_of_work(question: str, language: Language) -> bool:
    """Whether it names a product, or anything of the shipped vocabulary of IT and HR that is not everybody's word."""
    said = question_words(question, language)
    if (KNOWN | NAMED).intersection(said):
        return True
    return any(_is_ours(phrase, meant, language) for phrase, meant in translate(said, language, _other(language)))


def _other(language: Language) -> Language:
    return "pt-BR" if language == "en" else "en"


def _is_ours(phrase: Phrase, meant: tuple[Phrase, ...], language: Language) -> bool:
    """Whether one of its meanings is; what is no phrase of the vocabulary means nothing."""
    english = (phrase,) if language == "en" and meant else meant
    return not FUNCTION_WORDS[language].issuperset(phrase) and any(not ANYBODYS.issuperset(one) for one in english)
