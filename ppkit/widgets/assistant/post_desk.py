"""The posts under way: variants to choose from, one post for each network, and the way back of each."""

from __future__ import annotations

from collections.abc import Sequence

from ppkit.ai_assistant import Brief, Post


class PostHistory:
    """One post and what it was before, the newest last; each with whether a person wrote it so."""

    def __init__(self, post: Post) -> None:
        self._posts = [(post, False)]

    @property
    def now(self) -> Post:
        return self._posts[-1][0]

    @property
    def is_by_hand(self) -> bool:
        """Whether it stands as a person has edited it."""
        return self._posts[-1][1]

    @property
    def hides_hand_edit(self) -> bool:
        """Whether what a person had edited was replaced by the last change: one step back it is there."""
        return self.can_undo and self._posts[-2][1] and not self.is_by_hand

    @property
    def can_undo(self) -> bool:
        return len(self._posts) > 1

    def put(self, post: Post, *, by_hand: bool = False) -> None:
        self._posts.append((post, by_hand))

    def undo(self) -> None:
        """Without an earlier form it stays as it is."""
        if self.can_undo:
            self._posts.pop()


class PostDesk:
    """What was written for one brief. Knows neither windows nor money; nothing here is sent anywhere."""

    def __init__(self) -> None:
        self.brief: Brief | None = None
        self.chosen = 0  # of the variants
        self._variants: list[PostHistory] = []
        self._adapted: dict[str, PostHistory] = {}
        self._shown = ""

    def begin(self, brief: Brief, posts: Sequence[Post]) -> None:
        """A new brief was written: the posts are variants of one for its first network."""
        self.brief, self.chosen, self._shown = brief, 0, brief.network
        self._variants = [PostHistory(post) for post in posts]
        self._adapted = {}

    def add_variants(self, posts: Sequence[Post]) -> None:
        self._variants += [PostHistory(post) for post in posts]

    @property
    def variants(self) -> Sequence[Post]:
        return [history.now for history in self._variants]

    @property
    def posts(self) -> Sequence[Post]:
        """The post on show for each network, that of the brief first."""
        chosen = self._variants[self.chosen : self.chosen + 1]
        return [history.now for history in (*chosen, *self._adapted.values())]

    @property
    def shown(self) -> Post | None:
        return self._history.now if self._history else None

    @property
    def can_undo(self) -> bool:
        return self._history is not None and self._history.can_undo

    def choose(self, number: int) -> None:
        """Raises ValueError for a variant that is not there."""
        if not 0 <= number < len(self._variants):
            raise ValueError("no such variant")
        self.chosen = number
        self._shown = self._variants[number].now.network.name

    def show(self, network: str) -> None:
        """Raises ValueError for a network without a post."""
        if network not in [post.network.name for post in self.posts]:
            raise ValueError("no post for this network")
        self._shown = network

    @property
    def edited_by_hand(self) -> Sequence[str]:
        """The networks whose adapted post stands as a person has edited it."""
        return [name for name, history in self._adapted.items() if history.is_by_hand]

    @property
    def hides_hand_edit(self) -> bool:
        """Of the post on show."""
        return self._history is not None and self._history.hides_hand_edit

    def put(self, post: Post, variant: int | None = None, *, by_hand: bool = False) -> None:
        """A post that was refined, adapted or edited becomes the one of its network, and that is on show.

        For the brief's own network it was made of this `variant`, which is then the chosen one.
        """
        name = post.network.name
        if variant is not None and self.brief and name == self.brief.network:
            self.choose(variant)
        history = self._history_of(name)
        if history:
            history.put(post, by_hand=by_hand)
        else:
            self._adapted[name] = PostHistory(post)
        self.show(name)

    def undo(self) -> None:
        """The post on show as it was before its last change."""
        if self._history:
            self._history.undo()

    @property
    def _history(self) -> PostHistory | None:
        return self._history_of(self._shown)

    def _history_of(self, network: str) -> PostHistory | None:
        if self.brief and network == self.brief.network and self._variants:
            return self._variants[self.chosen]
        return self._adapted.get(network)
