"""An event's own screens: edit, clocks, preview, publish and cancel, copy, picture."""

from gatherings.organise.routes.events import copying, editing, picture, publication, when

__all__ = ["copying", "editing", "picture", "publication", "when"]
