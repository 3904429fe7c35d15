from graph.language.offline.classifier import CategoryClassifier


def test_one_example_a_label_is_enough_to_start() -> None:
    subjects = (
        "senha",
        "férias",
        "impressora",
        "monitor",
        "holerite",
        "crachá",
        "vpn",
        "wifi",
        "e-mail",
        "viagem",
        "táxi",
    )
    classifier = CategoryClassifier.train(
        [(f"preciso de {subject} {n}", f"{subject}{n}") for n in (1, 2) for subject in subjects]
    )
    (ranked,) = classifier.rank(["minha impressora 2"])
    assert ranked[0][0] == "impressora2"
    assert len(ranked) == 22


def test_no_label_and_a_single_label_are_taken() -> None:
    assert CategoryClassifier.train([]).rank(["oi"]) == [[]]
    assert CategoryClassifier.train([("oi", "a"), ("olá", "a")]).rank(["oi"])[0][0][0] == "a"
    assert CategoryClassifier.train([("oi", "a")]).rank([]) == []


def test_texts_without_a_known_letter_score_low() -> None:
    classifier = CategoryClassifier.train(
        [("esqueci a senha", "password"), ("senha", "password"), ("férias", "holidays")]
    )
    assert all(score < 0.6 for _, score in classifier.rank(["日本語"])[0])
