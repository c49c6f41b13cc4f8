"""Images that were made: chosen among, edited with a mask, described, saved as files for the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from ppkit.ai_assistant import BriefPicture, Estimate, PaidText, Picture, Pictures, PictureTooLarge
from ppkit.ai_assistant.own_pictures import without_metadata
from ppkit.ai_assistant.picture_files import SUFFIXES, format_of, is_taken, pixels_of
from ppkit.errors import PpkitError
from ppkit.keys import presentable
from ppkit.papers.paper_file import MEDIA_TYPES
from ppkit.widgets.assistant.brief_prices import PaidAgain, estimated
from ppkit.widgets.base.downloads import send_file
from ppkit.widgets.base.problems import problem_of
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.widgets.assistant.picture_panel import PictureHost

MOST_KEPT = 12  # images in memory; the older ones are in the draft's file, if anywhere
MOST_MEGABYTES = 8  # of a file that a page sends (LARGEST_FILE in view.js)


class PictureDesk:
    """A part of the picture panel. The pictures live in memory; the one that is shown is the draft's, too."""

    def __init__(self, window: PictureHost) -> None:
        self._window = window
        self._made = 0  # the number of the newest one, so that the page can tell it is new
        self.all: list[tuple[int, Picture]] = []  # each with its number, the first one made first
        self.chosen = 0  # the number of the one on show
        self._unkept: set[int] = set()  # the numbers of those that came before there was a draft
        self.is_editing = False
        self.is_describing = False
        self.wish = ""
        self._partial = 0  # the number of the newest unfinished one
        self._is_growing = False
        self._described = 0  # how often words were set

    @property
    def picture(self) -> Picture | None:
        return next((picture for number, picture in self.all if number == self.chosen), None)

    def page(self) -> Mapping[str, object]:
        picture, network = self.picture, self._window.network
        alt = network.limits_of("alt")
        return {
            "picture": picture,
            "picture_name": f"picture-{self.chosen}",
            "picture_choices": [(number, f"picture-{number}", one) for number, one in self.all],
            "picture_chosen": self.chosen,
            "pictures_made": self._made,
            "partial_name": f"partial-{self._partial}" if self._is_growing else "",
            "picture_editing": self.is_editing,
            "picture_wish": self.wish,
            "picture_pixels": pixels_of(picture.data) if picture and self.is_editing else (0, 0),
            "edit_price": self._edit_price() if self.is_editing else None,
            "picture_describing": self.is_describing,
            "picture_described": self._described,
            "alt_price": self._alt_price() if self.is_describing else None,
            "alt_longest": min((limit.most for limit in alt), default=None),
            "picture_network": network,
            "is_picture_taken": picture is None or is_taken(picture.data, network.image),
        }

    def actions(self) -> Mapping[str, Callable[[Fields, Secrets], None]]:
        return {
            "choose_picture": lambda fields, _: self._choose(int(fields["number"])),
            "own_picture": self._take_own,
            "open_edit": lambda *_: self._open(edit=True),
            "open_alt": lambda *_: self._open(alt=True),
            "close_edit": lambda *_: self._open(),
            "redraw_picture": self._edit,
            "describe": lambda *_: self._describe(),
            "save_alt": lambda fields, _: self._set_alt(fields["alt"]),
            "save_picture": lambda fields, _: self._save(as_it_is=fields.get("original") == "yes"),
        }

    def begin_post(self) -> None:
        """A new post is on show: only pictures that no draft holds stay, and go into its draft."""
        window, chosen = self._window, self.chosen
        self.all = [(number, picture) for number, picture in self.all if number in self._unkept]
        numbers = [number for number, _picture in self.all]
        self.chosen = chosen if chosen in numbers else max(numbers, default=0)
        window.pictures = {f"picture-{number}": picture.data for number, picture in self.all}
        self._open()
        shown = self.picture
        if window.draft_id is None or shown is None:
            return
        paid = [picture for _number, picture in self.all if picture.model]
        for picture in paid:
            window.keep_picture(picture)
        for picture in paid:
            self._swap(picture, shown)
        self._unkept = set()

    # --- made and chosen

    def begin(self) -> None:
        """Of what was growing before, nothing is shown any more."""
        for name in [name for name in self._window.pictures if name.startswith("partial")]:
            del self._window.pictures[name]
        self._is_growing = False

    def show_partial(self, data: bytes, stop: Event) -> None:
        """From the thread of the call; nobody waits for one after a stop."""
        if not stop.is_set():
            self.begin()
            self._partial, self._is_growing = next(self._window.picture_numbers["partial"]), True
            self._window.pictures[f"partial-{self._partial}"] = data
            self._window.redraw()

    def add(self, pictures: Pictures) -> None:
        """What a call has made; the first of them is shown."""
        self.begin()
        window, before = self._window, self.picture
        # Nobody waits for the one that was under way at a stop; it is in the books.
        is_last_late = window.stop_asked.is_set() and pictures.trouble is None
        kept = pictures[:-1] if is_last_late else pictures
        if not kept:
            return
        numbers = []
        for picture in kept:
            numbers.append(self._keep(picture))
            window.picture_made(picture)
            if window.draft_id is None:
                self._unkept.add(numbers[-1])
        self._open()
        self.chosen = numbers[0]
        for picture in (*([before] if before else []), *kept[1:]):
            self._swap(picture, kept[0])
        window.problem = pictures.trouble or pictures[0].trouble or window.problem
        window.news = window.texts("assistant.drawn")

    def _keep(self, picture: Picture) -> int:
        """Returns its number."""
        self._made = next(self._window.picture_numbers["picture"])
        self.all = [*self.all, (self._made, picture)][-MOST_KEPT:]
        shown = {f"picture-{number}": one.data for number, one in self.all}
        self._window.pictures = shown
        return self._made

    def _choose(self, number: int) -> None:
        before = self.picture
        if any(known == number for known, _picture in self.all):
            self.chosen = number
            self._open()
            if before and self.picture:
                self._swap(before, self.picture)

    def _swap(self, before: Picture, after: Picture) -> None:
        """The draft holds the one that is on show; the other leaves its receipt there."""
        draft_id = self._window.draft_id
        if draft_id is not None and before.data != after.data:
            self._tried(lambda: self._window.session.drafts.swap_image(draft_id, before, after))

    def _take_own(self, fields: Fields, _secrets: Secrets) -> None:
        """A picture of the user's own, to be edited or described; free of charge.

        Nothing of its file is kept but the picture. Raises NoPictureFile, PictureTooLarge.
        """
        content = without_metadata(own_file(fields, self._window.files.get("picture", b"")))
        width, height = pixels_of(content)
        self._keep(Picture(content, "auto", "", network=self._window.network.name))
        self.chosen = self._made
        self._open(edit=True)
        self._window.news = self._window.texts("assistant.picture.own_taken", width=width, height=height)

    def show_own(self, shown: BriefPicture) -> None:
        """What the post is about goes with it, and into its draft."""
        picture = Picture(shown.data, shown.size, "", network=self._window.network.name)
        self.chosen = self._keep(picture)
        self._window.keep_picture(picture)

    # --- edited

    def _open(self, *, edit: bool = False, alt: bool = False) -> None:
        """Raises NoPictureFile for the edit of a picture that cannot be read."""
        if edit and self.picture is not None:
            pixels_of(self.picture.data)  # a page with a canvas for it could not be drawn
        self.is_editing, self.is_describing = (
            edit and self.picture is not None,
            alt and self.picture is not None,
        )
        if not edit:
            self.wish = ""

    def _edit_price(self) -> Estimate | None:
        """With a mask, so that drawing one makes it no dearer."""
        picture, wish = self.picture, self.wish or self._window.texts("assistant.edit_example")
        return estimated(lambda: self._price_of_edit(picture, wish, b"mask")) if picture else None

    def _price_of_edit(self, picture: Picture, wish: str, mask: bytes | None) -> Estimate:
        return self._window.session.assistant.estimate_edit(picture, wish, mask=mask, watched=True)

    def _edit(self, fields: Fields, _secrets: Secrets) -> None:
        window, picture, wish = self._window, self.picture, fields.get("picture_wish", self.wish)
        mask, self.wish = window.files.get("mask"), wish
        if window.holds_back() or picture is None:
            return
        if not wish.strip():
            window.news = window.texts("assistant.edit_missing")
            return
        self._edit_as(picture, wish, mask, window.client)

    def _edit_as(self, picture: Picture, wish: str, mask: bytes | None, client: str) -> None:
        window, assistant = self._window, self._window.session.assistant

        self.begin()

        def edited() -> Pictures:
            stop = window.stop_asked
            seen = lambda data: self.show_partial(data, stop)  # noqa: E731 - two names for one line
            return Pictures((assistant.edit(picture, wish, mask=mask, on_partial=seen),))

        again = PaidAgain(
            lambda: self._edit_as(picture, wish, mask, client),
            lambda: self._price_of_edit(picture, wish, mask),
        )
        window.call("drawing", edited, self.add, again, client)

    # --- described

    def _alt_price(self) -> Estimate | None:
        picture, assistant = self.picture, self._window.session.assistant
        return estimated(lambda: assistant.estimate_alt_text(picture)) if picture else None

    def _describe(self) -> None:
        window, picture = self._window, self.picture
        if picture is None:
            return
        language = (
            window.post.conversation.brief.language if window.post and window.post.conversation else None
        )
        self._describe_one(picture, window.network.name, language, window.draft_id, window.client)

    def _describe_one(
        self, picture: Picture, network: str, language: str | None, draft_id: int | None, client: str
    ) -> None:
        window = self._window
        window.call(
            "describing",
            lambda: window.session.assistant.alt_text(picture, network, language),
            lambda words: self._described_as(picture, words, draft_id),
            PaidAgain(
                lambda: self._describe_one(picture, network, language, draft_id, client),
                lambda: window.session.assistant.estimate_alt_text(picture, network, language),
            ),
            client,
        )

    def _described_as(self, picture: Picture, words: PaidText, draft_id: int | None) -> None:
        if self._window.stop_asked.is_set():
            return
        self._put_words(picture, presentable(words.text), words, draft_id)
        self._window.problem = words.trouble or self._window.problem
        self._window.news = self._window.texts("assistant.alt_written")

    def _set_alt(self, words: str) -> None:
        if self.picture:
            self._put_words(self.picture, words.strip(), None, self._window.draft_id)
            self._window.news = self._window.texts("posts.saved")

    def _put_words(self, picture: Picture, words: str, by: PaidText | None, draft_id: int | None) -> None:
        described = replace(picture, alt=words)
        self.all = [(number, described if one.data == picture.data else one) for number, one in self.all]
        self._described += 1
        if draft_id is not None:
            self._tried(lambda: self._window.session.drafts.describe_image(draft_id, picture, words, by))

    # --- saved

    def _save(self, *, as_it_is: bool) -> None:
        """For the network; "as it is" with all its marks of origin, where the network takes another kind."""
        picture = self.picture
        if picture:
            content = picture.data if as_it_is else picture.for_network(self._window.network)
            kind = format_of(content)
            name = f"post-{self.chosen}.{SUFFIXES[kind]}"
            send_file(self._window, name, MEDIA_TYPES[SUFFIXES[kind]], content)
            self._window.news = self._window.texts("papers.downloaded", name=name)

    def _tried(self, change: Callable[[], object]) -> None:
        """What goes wrong in the drafts costs nobody the image."""
        try:
            change()
        except PpkitError as error:
            self._window.problem = problem_of(error)


def own_file(fields: Fields, content: bytes) -> bytes:
    """The file that came with a message. Raises PictureTooLarge for one that the page could not send."""
    if "too_large" in fields:
        raise PictureTooLarge(MOST_MEGABYTES)
    return content
