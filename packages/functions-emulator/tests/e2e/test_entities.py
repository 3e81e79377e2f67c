"""Durable entities, by what the durable extension and SDK 1.x make of them."""

import uuid
from typing import Any

import pytest

from tests.e2e.sample_host import PATIENCE, SampleHost
from tests.support import wait_until


def new_key() -> str:
    return uuid.uuid4().hex[:12]


def ask(
    samples: SampleHost, key: str, operation: str, value: Any = None, name: str = "Counter"
) -> Any:
    """Have an orchestrator call an entity."""
    given = {"name": name, "key": key, "operation": operation, "value": value}
    ended = samples.run("asks_a_counter", given)
    assert ended["runtimeStatus"] == "Completed", ended
    return ended["output"]


def signal(samples: SampleHost, path: str, **arguments: Any) -> None:
    answer = samples.call("POST", f"/entities/{path}", **arguments)
    assert (answer.status_code, answer.content) == (202, b"")


# From orchestrators.


def test_signals_and_a_call_reach_an_entity_in_their_order(samples: SampleHost) -> None:
    assert samples.run("count_up", {"key": new_key()})["output"] == 7


def test_the_history_of_a_call_is_that_of_the_extension(samples: SampleHost) -> None:
    instance_id = samples.start("count_up", {"key": new_key()})
    samples.wait_for(instance_id)
    assert samples.history(instance_id) == [
        "ExecutionStarted",
        *["EventSent"] * 3,
        "EventRaised",
        "ExecutionCompleted",
    ]


def test_parallel_calls_of_one_orchestrator_each_get_their_own_result(samples: SampleHost) -> None:
    output = samples.run("count_in_parallel", {"key": new_key(), "times": 25})["output"]
    assert output == {"values": list(range(1, 26)), "total": 25}


def test_orchestrators_in_parallel_lose_no_count(samples: SampleHost) -> None:
    key = new_key()
    started = [samples.start("count_in_parallel", {"key": key, "times": 5}) for _ in range(20)]
    outputs = [samples.wait_for(instance_id)["output"] for instance_id in started]
    values = [value for output in outputs for value in output["values"]]
    assert sorted(values) == list(range(1, 101))
    assert ask(samples, key, "get") == {"value": 100}


def test_what_one_sender_sends_arrives_in_its_order(samples: SampleHost) -> None:
    key = new_key()
    senders = [
        samples.start("write_in_order", {"key": key, "name": name, "lines": 10}) for name in "abc"
    ]
    for instance_id in senders:
        samples.wait_for(instance_id)
    lines = samples.call("GET", f"/entities/journal/{key}").json()
    assert len(lines) == 30
    for name in "abc":
        own = [line for line in lines if line.startswith(name)]
        assert own == [f"{name}-{number}" for number in range(10)]


def test_an_orchestration_may_end_with_a_signal(samples: SampleHost) -> None:
    key = new_key()
    assert samples.run("only_signals", {"key": key})["output"] == "signalled"
    assert ask(samples, key, "get") == {"value": 5}


def test_signals_of_executions_that_continue_as_new_all_arrive(samples: SampleHost) -> None:
    key = new_key()
    assert samples.run("signals_each_round", {"key": key, "rounds": 5})["output"] == "done"
    assert ask(samples, key, "get") == {"value": 5}


def test_an_operation_that_raises_fails_for_its_caller_alone(samples: SampleHost) -> None:
    key = new_key()
    assert ask(samples, key, "explode") == {"error": "a counter knows no 'explode'"}
    assert ask(samples, key, "add", 2) == {"value": 2}
    assert f"@counter@{key}: operation 'explode' failed: a counter knows" in samples.host.log


def test_sdk_1_does_not_undo_what_a_failed_operation_has_set(samples: SampleHost) -> None:
    key = new_key()
    assert ask(samples, key, "add_and_fail") == {"error": "no luck today"}
    assert ask(samples, key, "get") == {"value": 100}  # durable-python#274


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("asks_a_counter", {"name": "nobody", "key": "a", "operation": "x"}),
        ("signals_a_stranger", {}),
    ],
)
def test_an_unknown_entity_fails_the_orchestration_by_name(
    samples: SampleHost, name: str, data: Any
) -> None:
    ended = samples.run(name, data)
    assert ended["runtimeStatus"] == "Failed"
    assert "The function 'nobody' doesn't exist" in ended["output"]
    assert "'account', 'counter', 'journal'" in ended["output"]


def test_an_entity_whose_state_is_no_json_is_tried_again_and_named(samples: SampleHost) -> None:
    key = new_key()
    instance_id = samples.start("asks_a_counter", {"key": key, "operation": "spoil"})
    samples.wait_for_history(instance_id, "EventSent")
    words = f"@counter@{key}: the entity function 'counter' failed as a whole"
    assert wait_until(lambda: words in samples.host.log, PATIENCE)
    assert "The state and every result must be JSON." in samples.host.log
    assert samples.status(instance_id)["runtimeStatus"] == "Running"
    samples.call("POST", f"/instances/{instance_id}/terminate")


def test_money_is_moved_between_accounts(samples: SampleHost) -> None:
    source, target = new_key(), new_key()
    samples.run("open_account", {"account": source, "amount": 10})
    given = {"from": source, "to": target, "amount": 7}
    assert samples.run("transfer", given)["output"] == "moved"
    assert samples.run("transfer", given)["output"] == "refused: not enough money"
    balances = [samples.call("GET", f"/entities/Account/{key}").json() for key in (source, target)]
    assert balances == [3, 7]


# From clients.


def test_a_client_signals_and_reads(samples: SampleHost) -> None:
    url = f"{samples.host.base_url}/api/counters/{new_key()}"
    unknown = samples.call("GET", url)
    assert unknown.json() == {"exists": False, "state": None}
    for number in (3, 4):
        assert samples.call("POST", f"{url}/add", json=number).status_code == 202
    assert wait_until(
        lambda: bool(samples.call("GET", url).json() == {"exists": True, "state": 7}), PATIENCE
    )


def test_a_client_that_signals_an_unknown_entity_is_told(samples: SampleHost) -> None:
    answer = samples.call("POST", "/entities/nobody/a?op=x")
    assert answer.status_code == 400
    assert answer.json()["Message"].startswith("The function 'nobody' doesn't exist, is disabled")


# Over HTTP.


def test_an_operation_is_posted(samples: SampleHost) -> None:
    key = new_key()
    headers = {"Content-Type": "application/json"}
    # SDK 1.x reads its input twice: a JSON text within JSON, as its own client sends it.
    signal(samples, f"counter/{key}?op=add", data='"5"', headers=headers)
    assert ask(samples, key, "get") == {"value": 5}


def test_a_posted_body_that_is_not_declared_as_json_is_a_text(samples: SampleHost) -> None:
    key = new_key()
    signal(samples, f"Counter/{key}?op=add", data="6", headers={"Content-Type": "text/plain"})
    assert ask(samples, key, "get") == {"value": 6}


def test_a_posted_body_that_is_no_json_is_a_bad_request(samples: SampleHost) -> None:
    headers = {"Content-Type": "application/json"}
    answer = samples.call("POST", "/entities/counter/a?op=add", data="{", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["Message"].startswith("Could not parse JSON content: ")


def test_the_names_of_entities_ignore_case_and_keys_do_not(samples: SampleHost) -> None:
    key = new_key()
    signal(samples, f"COUNTER/{key}?op=add", data="1")
    assert ask(samples, key, "get", name="counter") == {"value": 1}
    assert samples.call("GET", f"/entities/counter/{key.upper()}x").status_code == 404


def test_delete_is_an_operation_of_that_name(samples: SampleHost) -> None:
    key = new_key()
    ask(samples, key, "add", 1)
    assert samples.call("DELETE", f"/entities/counter/{key}").status_code == 202

    def listed() -> bool:
        found = samples.call("GET", "/entities/counter?top=1000").json()
        return key in [each["entityId"]["key"] for each in found]

    assert wait_until(lambda: not listed(), PATIENCE)
    # The SDK leaves the state `null` behind, and the extension reads it: durable-python#316.
    answer = samples.call("GET", f"/entities/counter/{key}")
    assert (answer.status_code, answer.text) == (200, "null")
    assert ask(samples, key, "add", 2) == {"value": 2}


def test_an_empty_key_is_written_as_a_dollar_when_it_is_read(samples: SampleHost) -> None:
    signal(samples, "journal?op=write", data='"x"')
    assert wait_until(
        lambda: samples.call("GET", "/entities/journal/$").status_code == 200, PATIENCE
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/entities/counter/a", 404),
        ("GET", "/entities/counter/a/b", 404),
        ("POST", "/entities", 400),
        ("POST", "/instances/@counter@a/terminate", 400),
        ("POST", "/instances/@counter@a/raiseEvent/op", 400),
        ("GET", "/entities/counter/nobody-was-here", 404),
    ],
)
def test_what_entities_do_not_do_is_refused(
    samples: SampleHost, method: str, path: str, status: int
) -> None:
    assert samples.call(method, path).status_code == status


def test_entities_are_listed_by_name_time_and_page(samples: SampleHost) -> None:
    keys = sorted(new_key() for _ in range(3))
    for number, key in enumerate(keys):
        samples.run("open_account", {"account": f"list-{key}", "amount": number})
    everything = {"fetchState": "true", "top": "1000"}
    found = samples.call("GET", "/entities/Account", params=everything).json()
    mine = [each for each in found if each["entityId"]["key"].startswith("list-")]
    assert [(each["entityId"], each["state"]) for each in mine] == [
        ({"name": "account", "key": f"list-{key}"}, number) for number, key in enumerate(keys)
    ]
    assert all(each["lastOperationTime"].endswith("Z") for each in mine)
    bare = samples.call("GET", "/entities/account", params={"top": "1000"}).json()
    assert {each["state"] for each in bare} == {None}
    # By the time of the last operation.
    last = max(each["lastOperationTime"] for each in mine)
    query = {**everything, "lastOperationTimeFrom": last}
    later = samples.call("GET", "/entities/account", params=query).json()
    assert [each["lastOperationTime"] for each in later] == [last]
    query = {**everything, "lastOperationTimeTo": "2020-01-01"}
    assert samples.call("GET", "/entities/account", params=query).json() == []
    # Page by page.
    paged, token = [], ""
    while True:
        headers = {"x-ms-continuation-token": token}
        answer = samples.call("GET", "/entities?top=2", headers=headers)
        assert len(answer.json()) <= 2
        paged += [each["entityId"]["key"] for each in answer.json()]
        token = answer.headers["x-ms-continuation-token"]
        if not token:
            break
    assert {f"list-{key}" for key in keys} <= set(paged)
    assert len(paged) == len(set(paged))


def test_a_query_for_instances_shows_entities_as_the_extension_does(samples: SampleHost) -> None:
    key = new_key()
    ask(samples, key, "add", 4)
    instance_id = f"@counter@{key}"
    found = samples.call("GET", f"/instances?instanceIdPrefix={instance_id}").json()
    assert [each["instanceId"] for each in found] == [instance_id]
    shown = samples.status(instance_id)
    assert shown["name"] == instance_id
    assert shown["runtimeStatus"] == "Running"
    assert shown["input"] == {"exists": True, "state": "4", "sorter": {}}
    assert shown["customStatus"] == {"entityExists": True}


def test_a_purged_entity_begins_anew(samples: SampleHost) -> None:
    key = new_key()
    ask(samples, key, "add", 4)
    answer = samples.call("DELETE", f"/instances/@counter@{key}")
    assert (answer.status_code, answer.json()) == (200, {"instancesDeleted": 1})
    assert samples.call("GET", f"/entities/counter/{key}").status_code == 404
    assert ask(samples, key, "add", 1) == {"value": 1}
