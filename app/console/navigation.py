"""The pages' side navigation: groups of entries; who may not open an entry does not see it."""

from dataclasses import dataclass

from app.console.entry import ROOT
from app.console.policy import may
from app.staff.sessions import Viewer


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of its own. Its words are `nav.NAME`, its icon is in templates/icons.html."""

    name: str
    path: str
    icon: str

    @property
    def url(self) -> str:
        """Where it is."""
        return ROOT + self.path

    def holds(self, path: str) -> bool:
        """Whether a path below /desk belongs to it."""
        return path == self.path or (self.path != "/" and path.startswith(self.path + "/"))


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading, `nav.NAME`; "" has none."""

    name: str
    entries: tuple[Entry, ...]


NAVIGATION = (
    Group("", (Entry("home", "/", "home"),)),
    Group(
        "desk",
        (
            Entry("queue", "/queue", "inbox"),
            Entry("conversations", "/conversations", "chat"),
        ),
    ),
    Group(
        "knowledge",
        (
            Entry("articles", "/knowledge/articles", "book"),
            Entry("gaps", "/knowledge/gaps", "gap"),
            Entry("use", "/knowledge/use", "chart"),
            Entry("sources", "/knowledge/sources", "source"),
            Entry("index", "/knowledge/index", "layers"),
            Entry("try_it", "/knowledge/try", "phone"),
        ),
    ),
    Group(
        "insight",
        (
            Entry("reports", "/reports", "report"),
            Entry("quality", "/quality", "quality"),
            Entry("operations", "/operations", "pulse"),
        ),
    ),
    Group(
        "settings",
        (
            Entry("outages", "/outages", "alert"),
            Entry("macros", "/macros", "chat"),
            Entry("queues", "/queues", "inbox"),
            Entry("routing", "/routing", "sliders"),
            Entry("priority", "/priority", "ticket"),
            Entry("hours", "/hours", "clock"),
            Entry("catalogue", "/catalogue", "layers"),
            Entry("employees", "/employees", "person"),
        ),
    ),
    Group(
        "administration",
        (
            Entry("staff", "/staff", "people"),
            Entry("privacy", "/privacy", "hand"),
            Entry("audit", "/audit", "shield"),
        ),
    ),
)


def navigation_for(viewer: Viewer) -> list[Group]:
    """What they may open."""
    shown = [
        Group(group.name, tuple(entry for entry in group.entries if may(viewer, f"GET {entry.path}")))
        for group in NAVIGATION
    ]
    return [group for group in shown if group.entries]
