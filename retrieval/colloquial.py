"""How people write in a chat: abbreviations, and the words that carry no meaning of their own."""

from retrieval.passage import Language


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ABBREVIATIONS: dict[Language, dict[str, str]] = {
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
FUNCTION_WORDS: dict[Language, frozenset[str]] = {
    "pt-BR": _set(
        "a o as os um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem e ou que se ao aos "
        "como qual quais quando onde porque eu tu ele ela nos voce voces eles elas me te lhe meu minha meus minhas seu "
        "sua seus suas este esta isto esse essa isso aquele aquela aquilo nao sim ja ser e sou sao era foi estar esta "
        "estou estao ter tem tenho ha pode posso consigo quero preciso fazer faco faz fica ola oi opa bom boa dia "
        "tarde noite ajuda favor obrigado obrigada tambem muito mais mas so aqui gostaria saber alguem"
    ),
    "es": _set(
        "a el la los las un una unos unas de del al en por para con sin y o u que se como cual cuales cuando donde "
        "porque yo tu el ella nosotros usted ustedes ellos ellas me te le les mi mis su sus este esta esto ese esa eso "
        "aquel aquella no si ya ser es soy son era fue estar estoy esta estan tener tiene tengo hay puede puedo quiero "
        "necesito hacer hago hace queda hola buenas buenos buen dias tardes noches ayuda favor gracias tambien muy mas "
        "pero solo aqui quisiera saber alguien"
    ),
    "en": _set(
        "a an the of in on at by for with without to from and or that which what how when where why who i you he she "
        "it "
        "we they me my your his her its our their this these those not no yes is am are was were be been do does did "
        "have has had can could will would should may might need want get hi hello hey good morning afternoon evening "
        "help please thanks thank also very more but only here there if as so am im"
    ),
}
