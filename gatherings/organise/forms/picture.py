"""The form that sends a picture: the one form that reads a file."""

from flask import request
from werkzeug.datastructures import FileStorage

from gatherings.core.pictures import PictureProblem, Written, rewrite
from gatherings.core.words import say
from gatherings.organise.forms.reading import line_of
from gatherings.web.forms import CleanField, PlainForm
from gatherings.web.i18n import words

_NO_ALT = say("Please say in a few words what the picture shows, for people who cannot see it.")
_NO_FILE = say("Please choose a picture.")


class PictureForm(PlainForm):
    """What the picture shows, in words."""

    alt = CleanField("", line_of(300))

    file_errors: tuple[str, ...] = ()

    def read(self, *, has_one: bool) -> Written | None:
        """Check the words and rewrite the file; None where none was sent. Problems stand in `problems`."""
        self.validate()
        if not self.alt.errors and not self.alt.clean:
            self.alt.errors = [words(_NO_ALT)]
        sent = request.files.get("picture")
        data = sent.stream.read() if isinstance(sent, FileStorage) and sent.filename else b""
        if not data:
            self.file_errors = () if has_one else (words(_NO_FILE),)
            return None
        try:
            return rewrite(data)
        except PictureProblem as problem:
            self.file_errors = (words(problem.sentence),)
            return None

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem."""
        return [*(("picture", error) for error in self.file_errors), *super().problems]
