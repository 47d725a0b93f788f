"""Every way a call can end, as Django is told of it (DESIGN section 5, "Endings")."""

from tests.adapter.rig import Rig


async def test_both_accept_and_the_customer_hangs_up(rig: Rig) -> None:
    call_id = await rig.originate(customer="+19991010040")
    ending = await rig.django.ending(call_id)
    assert [event.state for event in rig.django.of(call_id)] == [
        "ringing",
        "answered",
        "ringing",
        "answered",
        "started",
        "ended",
    ]
    assert ending.metadata["why"] == "hangup"
    assert ending.metadata["ended_by"] == "customer"
