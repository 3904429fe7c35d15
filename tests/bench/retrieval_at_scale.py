"""`python -m tests.bench.retrieval_at_scale [CHUNKS]`: the time of a search among many articles, vectors included.

Made-up articles of one chunk each, words by Zipf's law, vectors that are near when words are shared. The model is left
out: it costs about 5 ms a question on one core whatever the number of articles.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from retrieval.build import build
from retrieval.embedder import Vectors
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Article
from retrieval.revision import swap

CHUNKS = 2_000
QUESTIONS = 200
WARM = 20  # questions before the clock runs
SYLLABLES = [consonant + vowel for consonant in "bcdfglmnprstv" for vowel in "aeiou"]
LEXICON = 40_000  # different words
ARTICLE_WORDS = 120
DIMENSION = 384


class WordVectors:
    """A text's vector is the sum of its words' own."""

    id = "words-384"
    dimension = DIMENSION

    def __init__(self, words: Sequence[str]) -> None:
        rows = np.random.default_rng(1).normal(size=(len(words), DIMENSION)).astype(np.float32)
        self._rows = dict(zip(words, rows, strict=True))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text."""
        none = np.ones(DIMENSION, np.float32)
        sums = np.array([sum((self._rows.get(word, 0 * none) for word in text.split()), 1e-3 * none) for text in texts])
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), np.float32)


def lexicon() -> list[str]:
    """Made-up words of two to five syllables, the commonest first."""
    rng = np.random.default_rng(2)
    found: dict[str, None] = {}
    while len(found) < LEXICON:
        found["".join(rng.choice(SYLLABLES, rng.integers(2, 6)))] = None
    return list(found)


def articles(words: Sequence[str], count: int) -> list[Article]:
    """Articles with a title of six words, three of which their text repeats."""
    rng = np.random.default_rng(3)
    drawn = np.minimum(rng.zipf(1.3, (count, ARTICLE_WORDS)), len(words)) - 1
    names = rng.integers(50, len(words), (count, 6))
    return [
        Article(
            id=f"a{number}",
            language="pt-BR",
            title=" ".join(words[place] for place in names[number]),
            body=" ".join(words[place] for place in (*drawn[number], *names[number][:3])),
        )
        for number in range(count)
    ]


async def measure(base: KnowledgeBase, texts: Sequence[Article]) -> list[float]:
    """Milliseconds of each question: an article's title with one letter gone from its last word."""
    times = []
    for article in texts:
        started = time.perf_counter()
        await base.search(article.title[:-2] + article.title[-1], "pt-BR")
        times.append((time.perf_counter() - started) * 1000)
    return times[WARM:]


def main() -> None:
    """Build, search, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CHUNKS
    words = lexicon()
    texts, model = articles(words, count), WordVectors(words)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        swap(Path(folder), build(texts, Path(folder), model).revision)
        built = time.perf_counter() - started
        base = KnowledgeBase.open(Path(folder), model)
        times = asyncio.run(measure(base, texts[:: max(1, count // (QUESTIONS + WARM))]))
        base.close()
    told = f"p50 {median(times):.1f} ms, p95 {quantiles(times, n=20)[-1]:.1f} ms (design: 20 ms at 100,000)"
    print(f"{count:,} chunks built in {built:.0f} s; {len(times)} searches: {told}")


if __name__ == "__main__":
    main()
