"""The form that sends a slide: a picture and what it shows in words."""

import re
import threading
from typing import Final

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from gatherings.calls.rules.slides import MOST_ALT
from gatherings.core.pictures import MOST_BYTES, PictureProblem, Written, rewrite
from gatherings.core.text import clean_line
from gatherings.core.words import say
from gatherings.web.forms import CleanField, PlainForm
from gatherings.web.hall import BEGINNING
from gatherings.web.i18n import words

ROOM: Final = MOST_BYTES + 64 * 1024  # what a form adds around a file
_NO_ALT = say("Please say in a few words what the slide shows, for people who cannot see it.")
_NO_FILE = say("Please choose a picture.")
_TOO_LARGE = say("This file is larger than 5 MB. Please send a smaller one.")
_ONE_AT_A_TIME = threading.Lock()  # a picture being decoded needs much memory: never two of them in one process


class SlideForm(PlainForm):
    """What the slide shows, in words; `written` is the picture as we keep it, None where none was sent."""

    alt = CleanField("", lambda typed: clean_line(typed, most=MOST_ALT))

    file_errors: tuple[str, ...] = ()
    written: Written | None = None

    def read(self, *, has_one: bool) -> bool:
        """Check the words and rewrite the file; tell whether all is well. Problems stand in `problems`."""
        self.validate()
        if not self.alt.errors and not self.alt.clean:
            self.alt.errors = [words(_NO_ALT)]
        sent = request.files.get("slide")
        data = sent.stream.read() if isinstance(sent, FileStorage) and sent.filename else b""
        if data:
            self._rewrite(data)
        elif not has_one:
            self.file_errors = (words(_NO_FILE),)
        return not self.problems

    def _rewrite(self, data: bytes) -> None:
        try:
            with _ONE_AT_A_TIME:
                self.written = rewrite(data)
        except PictureProblem as problem:
            self.file_errors = (words(problem.sentence),)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem."""
        return [*(("slide-file", error) for error in self.file_errors), *super().problems]


def sent_slide() -> SlideForm:
    """Make the form of this request; of one that is too large only its words are read, and it says so."""
    try:
        return SlideForm(prefix="slide-")
    except RequestEntityTooLarge:
        form = SlideForm(formdata=None, prefix="slide-", data={"alt": _words_of_large()})
        form.file_errors = (words(_TOO_LARGE),)
        return form


def shown_slide(alt: str = "") -> SlideForm:
    """Make the form as a page shows it."""
    return SlideForm(formdata=None, prefix="slide-", data={"alt": alt})


def _words_of_large() -> str:
    """Give the words of a form that is not read whole: they stand before its file (web/hall.py has read those)."""
    begins: bytes = request.environ["wsgi.input"].read(BEGINNING)
    found = re.search(rb'name="slide-alt"\r\n\r\n(.{0,2000}?)\r\n--', begins, re.DOTALL)
    return found[1].decode("utf-8", "replace") if found else ""
