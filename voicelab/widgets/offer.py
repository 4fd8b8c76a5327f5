"""Offers a lab's control panel to the notebook; what a panel needs is imported with the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from voicelab.lab.display import register
from voicelab.widgets.shell_channel import mend_shell_channel

if TYPE_CHECKING:
    from voicelab.lab.lab import Lab
    from voicelab.widgets.panel import Panel

VIEW_TYPE = "application/vnd.jupyter.widget-view+json"

_panels: WeakKeyDictionary[Lab, Panel] = WeakKeyDictionary()


def offer(kernel: Any) -> None:
    """Show labs with their panel from now on; the static table stays for other viewers."""
    mend_shell_channel(kernel)
    register("lab", panel_bundle)


def panel_bundle(lab: Lab) -> dict[str, Any]:
    """The view of a lab's panel; nothing for a lab that was closed before it was ever shown."""
    panel = panel_of(lab)
    if panel is None:
        return {}
    view = {"version_major": 2, "version_minor": 0, "model_id": panel.model.model_id}
    return {VIEW_TYPE: view}


def panel_of(lab: Lab) -> Panel | None:
    """The one panel of a lab, which all its views share; made when it is first shown."""
    if lab not in _panels and lab.is_open:
        from voicelab.widgets.panel import Panel

        _panels[lab] = Panel(lab)
    return _panels.get(lab)
