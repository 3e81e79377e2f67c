"""A rewind: what failed is blotted out of the histories, and runs again."""

from functions_emulator.durable import reading
from functions_emulator.durable.events import EventType, make, task_completed, task_failed
from tests.unit.durable.hubs import Hub, history, kinds


def test_a_rewind_blots_out_what_failed_and_nothing_else(hub: Hub) -> None:
    now = hub.clock.now()
    failed = hub.put("i-1", "Failed", output='"boom"')
    history(
        hub,
        failed,
        make(EventType.ORCHESTRATOR_STARTED, now),
        make(EventType.TASK_SCHEDULED, now, 0, Name="Reserve"),
        make(EventType.TASK_SCHEDULED, now, 1, Name="Pay"),
        task_completed(now, 0, "true"),
        task_failed(now, 1, "boom", None),
        make(EventType.EXECUTION_COMPLETED, now, OrchestrationStatus="Failed", Result="boom"),
        make(EventType.ORCHESTRATOR_COMPLETED, now),
    )
    assert hub.asked("POST", "/instances/i-1/rewind?reason=mended") == (202, None)
    assert kinds(hub, "i-1") == [
        "ORCHESTRATOR_STARTED",
        "TASK_SCHEDULED",
        "GENERIC_EVENT",
        "TASK_COMPLETED",
        "GENERIC_EVENT",
        "GENERIC_EVENT",
        "ORCHESTRATOR_COMPLETED",
    ]
    events = [each.event for each in reading.history(hub.store.connection, "i-1")]
    assert [event["Reason"] for event in events if "Reason" in event] == [
        "Rewound: TASK_SCHEDULED",
        "Rewound: TASK_FAILED",
        "Rewound: EXECUTION_COMPLETED",
    ]
    found = hub.client.get("i-1")
    assert found is not None and (found.runtime_status, found.output) == ("Running", None)
    assert hub.sent() == [("i-1", {"type": EventType.GENERIC_EVENT, "Data": "mended"})]


def test_a_rewind_goes_down_to_the_sub_orchestration_that_failed(hub: Hub) -> None:
    now = hub.clock.now()
    created = EventType.SUB_ORCHESTRATION_CREATED
    parent = hub.put("parent", "Failed")
    history(
        hub,
        parent,
        make(created, now, 0, InstanceId="sound", Name="Part"),
        make(created, now, 1, InstanceId="broken", Name="Part"),
        make(EventType.SUB_ORCHESTRATION_COMPLETED, now, TaskScheduledId=0, Result="1"),
        make(EventType.SUB_ORCHESTRATION_FAILED, now, TaskScheduledId=1, Reason="boom"),
        make(EventType.EXECUTION_COMPLETED, now, OrchestrationStatus="Failed"),
    )
    sound = hub.put("sound", "Completed", output="1")
    history(hub, sound, make(EventType.EXECUTION_COMPLETED, now, OrchestrationStatus="Completed"))
    broken = hub.put("broken", "Failed", output='"boom"')
    history(
        hub,
        broken,
        make(EventType.TASK_SCHEDULED, now, 0, Name="Pay"),
        task_failed(now, 0, "boom", None),
        make(EventType.EXECUTION_COMPLETED, now, OrchestrationStatus="Failed"),
    )
    assert hub.asked("POST", "/instances/parent/rewind") == (202, None)
    assert kinds(hub, "parent") == [
        "SUB_ORCHESTRATION_CREATED",
        "SUB_ORCHESTRATION_CREATED",
        "SUB_ORCHESTRATION_COMPLETED",
        "GENERIC_EVENT",
        "GENERIC_EVENT",
    ]
    assert kinds(hub, "broken") == ["GENERIC_EVENT"] * 3
    assert kinds(hub, "sound") == ["EXECUTION_COMPLETED"]
    states = {name: hub.client.get(name) for name in ("parent", "broken", "sound")}
    assert {name: found.runtime_status for name, found in states.items() if found} == {
        "parent": "Running",
        "broken": "Running",
        "sound": "Completed",
    }
    # Its end wakes the parent.
    assert [instance_id for instance_id, _ in hub.sent()] == ["broken"]


def test_a_rewind_leaves_children_alone_that_did_not_fail_before_the_parent_did(hub: Hub) -> None:
    now = hub.clock.now()
    names = ("failed", "terminated", "purged", "failed later")
    created = EventType.SUB_ORCHESTRATION_CREATED
    ended = EventType.SUB_ORCHESTRATION_FAILED
    history(
        hub,
        hub.put("parent", "Failed"),
        *(make(created, now, number, InstanceId=name) for number, name in enumerate(names)),
        *(make(ended, now, TaskScheduledId=number, Reason="boom") for number in range(3)),
        make(EventType.EXECUTION_COMPLETED, now, OrchestrationStatus="Failed"),
    )
    for name, status in (
        ("failed", "Failed"),
        ("terminated", "Terminated"),
        ("failed later", "Failed"),
    ):
        end = make(EventType.EXECUTION_COMPLETED, now, OrchestrationStatus=status)
        history(hub, hub.put(name, status), end)
    assert hub.asked("POST", "/instances/parent/rewind") == (202, None)
    found = {name: hub.client.get(name) for name in names}
    assert {name: each and each.runtime_status for name, each in found.items()} == {
        "failed": "Running",
        "terminated": "Terminated",
        "purged": None,
        "failed later": "Failed",
    }
    assert [instance_id for instance_id, _ in hub.sent()] == ["failed"]
