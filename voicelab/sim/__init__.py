"""The other ends of a call, offline: the telephone provider's side, simulated.

`Carrier` dials an application's answer URL and carries the call over real sockets; `CarrierCore`
is the same provider without sockets and clocks, `Ear` what its caller hears.
"""

from __future__ import annotations

from voicelab.sim.caller import Caller
from voicelab.sim.carrier import CarrierCore, CarrierState
from voicelab.sim.ear import Ear, Gap
from voicelab.sim.faults import Faults
from voicelab.sim.offence import Offence
from voicelab.sim.phone import Carrier
from voicelab.sim.result import CallResult
from voicelab.sim.simulated_call import SimulatedCall

__all__ = [
    "CallResult",
    "Caller",
    "Carrier",
    "CarrierCore",
    "CarrierState",
    "Ear",
    "Faults",
    "Gap",
    "Offence",
    "SimulatedCall",
]
