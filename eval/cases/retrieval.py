"""A question and the articles that answer it, or none."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from eval.cases.loose import Texts, as_list
from retrieval.passage import Band, Language
from tools.service_desk import Frozen


class RetrievalCase(Frozen):
    """One question. `relevant`: ids of articles; empty = no article applies, and the band must not be `answer`.

    `grades`: how good each is (default: all the same). `cluster`: what it hangs together with.
    `band`: the bands that are right, when that matters. `forbidden`: articles this asker must never see.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,79}$")
    question: str = Field(min_length=1)
    language: Language = "pt-BR"
    tags: Texts = ()
    groups: Texts = ()
    relevant: Texts = ()
    grades: dict[str, int] = Field(default_factory=dict)
    cluster: str = ""
    band: Annotated[tuple[Band, ...], BeforeValidator(as_list)] = ()
    forbidden: Texts = ()

    @model_validator(mode="after")
    def _apart(self) -> "RetrievalCase":
        if both := set(self.relevant) & set(self.forbidden):
            raise ValueError(f"both relevant and forbidden: {', '.join(sorted(both))}")
        if strange := self.grades.keys() - set(self.relevant):
            raise ValueError(f"graded and not relevant: {', '.join(sorted(strange))}")
        return self
