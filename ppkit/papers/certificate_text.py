"""The certificate in words."""

from __future__ import annotations

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.papers.certificate import Certificate
from ppkit.papers.paper import Letterhead, Paper, Section


def certificate_paper(certificate: Certificate, language: str, letterhead: Letterhead | None = None) -> Paper:
    texts = Texts(language)
    day = certificate.at.astimezone()
    rows = tuple(
        (
            f"{number}. {texts(f'course.lesson.{lesson.name}.title')}",
            formats.date(lesson.at.astimezone(), language),
            texts(f"common.evidence.{lesson.evidence.label}"),
        )
        for number, lesson in enumerate(certificate.lessons, start=1)
    )
    head = tuple(texts(f"papers.certificate.column.{name}") for name in ("lesson", "finished", "evidence"))
    return Paper(
        kind="certificate",
        mode=certificate.mode,
        language=language,
        name=texts(f"papers.certificate.file.{certificate.mode}", day=f"{day:%Y-%m-%d}"),
        title=texts("papers.certificate.title"),
        band=texts("papers.certificate.practice"),
        lead=texts("papers.certificate.lead"),
        hero=certificate.name,
        after_hero=texts(
            f"papers.certificate.did.{certificate.mode}",
            course=texts("course.title"),
            date=formats.date(day, language, "long"),
        ),
        sections=(
            Section(texts("papers.certificate.lessons"), head=head, rows=rows),
            Section(
                texts("papers.certificate.limits"),
                sentences=(texts("papers.certificate.name_typed"), texts("papers.certificate.evidence")),
            ),
        ),
        foot=texts("papers.foot"),
        letterhead=letterhead,
    )
