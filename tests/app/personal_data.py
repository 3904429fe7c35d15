"""Personal data as people write it, made up: for every kind, several spellings, and sentences to stand in."""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Planted:
    """A line with something personal in it; `secret` must not be found in what is written."""

    kind: str
    line: str
    secret: str

    def shows_in(self, written: str) -> bool:
        """Whether any six characters of it in a row are to be seen."""
        return any(self.secret[n : n + 6] in written for n in range(max(1, len(self.secret) - 5)))


Dice = random.Random

SENTENCES = (
    "meu contato é {}, obrigado",
    "mi dato es {} gracias",
    "please use {} from now on",
    "{}",
    "de {}: não consigo entrar",
    "({})",
    'said "{}" twice',
    "key={};",
    "to: {}\nnext",
    "request #1042 of {} took 12.5 ms",
)
CODE_SENTENCES = (
    "seu código é {}", "o codigo {} chegou", "código: {}", "tu código de acceso es {}", "your code is {}",
    "code={}",
    "use {} as your verification code", "{} é o seu código", "{} es tu código", "OTP {}", "pin: {}",
    "a senha {} não entra",
    "el código que me llegó fue {}", "here is the code you sent me, {}", "código de verificação: {}",
    "O código de 6 dígitos que recebi no e-mail é {}", "codigo{}", "código:\n{}", '{{"code": "{}"}}',
)  # fmt: skip
AREAS = ("11", "21", "31", "41", "51", "61", "71", "81", "85", "92")


def number(dice: Dice, count: int) -> str:
    return "".join(str(dice.randrange(10)) for _ in range(count))


def check_digits(places: list[int], wrap: int = 99) -> str:
    told = ""
    for _ in range(2):
        weights = [2 + n % (wrap - 1) for n in range(len(places))][::-1]
        rest = sum(a * b for a, b in zip(places, weights, strict=True)) % 11
        digit = 0 if rest < 2 else 11 - rest
        places, told = [*places, digit], told + str(digit)
    return told


def cpf(dice: Dice) -> str:
    first = number(dice, 9)
    if len(set(first)) == 1:
        first = "529982247"
    whole = first + check_digits([int(digit) for digit in first])
    a, b, c, d = whole[:3], whole[3:6], whole[6:9], whole[9:]
    return dice.choice((whole, f"{a}.{b}.{c}-{d}", f"{a} {b} {c} {d}", f"{a}.{b}.{c}/{d}", f"{a}{b}{c}-{d}"))


def cnpj(dice: Dice) -> str:
    first = dice.choice(
        (number(dice, 8) + "0001", "".join(dice.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(12)))
    )
    if len(set(first)) == 1:
        first = "112223330001"
    whole = first + check_digits([ord(place) - 48 for place in first], wrap=9)
    parts = whole[:2], whole[2:5], whole[5:8], whole[8:12], whole[12:]
    return dice.choice((whole, "{}.{}.{}/{}-{}".format(*parts), "{}.{}.{}/{}{}".format(*parts), " ".join(parts)))


def email(dice: Dice) -> str:
    name = dice.choice(("ana", "joão.souza", "lucia_f", "m.o'neil", "caio+vpn", "x")) + number(dice, 4)
    host = dice.choice(("ipe.example", "mail.ipe.com.br", "gmail.com", "exämple.org", "sub.sub2.co"))
    return f"{name}{dice.choice(('@', '@', '@', '%40'))}{host}"


def mobile(dice: Dice) -> tuple[str, str, str]:
    return dice.choice(AREAS), "9" + dice.choice("6789") + number(dice, 3), number(dice, 4)


def phone(dice: Dice) -> str:
    area, a, b = mobile(dice)
    space = dice.choice((" ", "\u00a0"))
    return dice.choice(
        (
            f"+55{area}{a}{b}", f"+55 {area} {a}-{b}", f"+55 ({area}) {a}-{b}", f"55{area}{a}{b}", f"{area}{a}{b}",
            f"({area}) {a}-{b}", f"({area}){space}{a}{space}{b}", f"{area} {a}-{b}", f"0{area} {a}-{b}", f"{a}-{b}",
            f"55{area}{a[1:]}{b}", f"({area}) 3{number(dice, 3)}-{b}", f"tel: 3{number(dice, 3)}-{b}",
            f"{area}.{a}.{b}",
            f"+55{space}{area}{space}{a}\u2011{b}",
            f"55 {area} {a}-{b}", f"0055 {area} {a}-{b}", f"{area} 9 {a[1:]}-{b}", f"9 {a[1:]}-{b}", f"telefone {a}{b}",
        )
    )  # fmt: skip


def foreign_phone(dice: Dice) -> str:
    end = number(dice, 7)
    return dice.choice(
        (f"+1 212 5{end[:2]} {end[3:]}", f"1212{dice.choice('2345')}{end[1:]}", f"+54 9 11 5{end[:3]}-{end[3:]}",
         f"549115{end}", f"+351 91{end}", f"35191{end}", f"+52 1 55 1{end}", f"52155{'1' + end}",
         f"(212) 5{end[:2]}-{end[3:]}",
         f"+44 7911 {end[:3]}{end[4:]}", f"+34 6{end[:2]} {end[2:5]} {end[5:]}{end[0]}")
    )  # fmt: skip


def card(dice: Dice) -> str:
    first = dice.choice(("4", "51", "52", "2221", "6062", "5067", "3")) + number(dice, 15)
    first = first[: 14 if first[0] == "3" else 15]
    doubled = [int(d) * 2 - 9 * (int(d) > 4) for d in first[::-2]]
    whole = first + str(-(sum(doubled) + sum(int(d) for d in first[-2::-2])) % 10)
    grouped = " ".join(whole[n : n + 4] for n in range(0, len(whole), 4))
    return dice.choice((whole, grouped, grouped.replace(" ", "-")))


def bsuid(dice: Dice) -> str:
    return dice.choice(("BR.", "US.", "AR.", "PT.ENT.", "US.ENT.")) + number(dice, dice.choice((6, 16, 20)))


def code(dice: Dice) -> str:
    a, b = number(dice, 3), number(dice, 3)
    return dice.choice((f"{a}{b}", f"{a} {b}", f"{a}-{b}", f"{a[:2]} {a[2:]}{b[0]} {b[1:]}", " ".join(a + b)))


def wamid(dice: Dice) -> str:
    return "wamid.HBgN" + "".join(dice.choice("ABCDEFGHabcdefgh0123456789+/") for _ in range(40)) + "="


KINDS: dict[str, Callable[[Dice], str]] = {
    "cpf": cpf, "cnpj": cnpj, "e-mail": email, "phone": phone, "foreign phone": foreign_phone, "card": card,
    "bsuid": bsuid, "code": code, "wamid": wamid,
}  # fmt: skip


def plant(dice: Dice, kind: str) -> Planted:
    """One line with one secret of a kind."""
    secret = KINDS[kind](dice)
    sentence = dice.choice(CODE_SENTENCES if kind == "code" else SENTENCES)
    return Planted(kind, sentence.format(secret), secret)
