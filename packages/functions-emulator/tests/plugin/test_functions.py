"""What the fixture `functions` lets a test do with the app under test."""

from pathlib import Path

import pytest

from tests.plugin.conftest import RunTests

pytestmark = pytest.mark.usefixtures("orders")


def test_http(run_tests: RunTests) -> None:
    run_tests("""
        import pytest
        from functions_emulator.testing import Functions, FunctionsError

        def test_an_answer_is_like_that_of_requests(functions: Functions):
            answer = functions.post("/api/orders", json={"items": []})
            assert (answer.status_code, answer.ok) == (202, True)
            assert answer.headers["CONTENT-TYPE"].startswith("application/json")
            assert answer.json()["id"] in answer.text
            assert functions.get(answer.json()["statusQueryGetUri"]).status_code in (200, 202)

        def test_what_is_no_json_is_shown(functions):
            answer = functions.get("/api/nothing")
            assert answer.status_code == 404
            with pytest.raises(FunctionsError, match="GET /api/nothing: 404"):
                answer.json()

        def test_bodies(functions):
            assert functions.post("/api/orders", data='{"items": []}').ok
            assert functions.post("/api/orders", data=b'{"items": []}', params={"a": 1}).ok
            assert functions.post("/api/orders", data={"items": "[]"}).status_code == 500
            assert "JSON" in functions.log
    """).assert_outcomes(passed=3)


def test_instances(run_tests: RunTests) -> None:
    run_tests("""
        import pytest
        from functions_emulator.testing import FunctionsError

        ITEMS = {"items": ["tea"]}

        def test_how_an_instance_stands(functions):
            order = functions.start("Order", ITEMS, id="one")
            assert order.wait_for(custom_status={"stage": "AwaitingPayment"}) is order
            assert (order.id, order.status, order.output) == ("one", "Running", None)
            assert order.custom_status == {"stage": "AwaitingPayment"}
            kinds = [event["EventType"] for event in order.history]
            assert kinds == ["ExecutionStarted", "TaskCompleted", "TimerCreated"]

        def test_an_id_is_free_again_and_the_time_is_real(functions):
            from datetime import datetime, timezone
            assert functions.instances() == []
            functions.start("Order", ITEMS, id="one").wait()
            now = functions.clock.look().now
            assert (now - datetime.now(timezone.utc)).days in (4, 5)

        def test_the_time_is_real_again(functions):
            from datetime import datetime, timezone
            assert abs((functions.clock.look().now - datetime.now(timezone.utc)).days) <= 1

        def test_an_event_counts_before_the_clock_moves(functions):
            order = functions.start("Order", ITEMS).raise_event("Paid", {"amount": 1})
            assert order.wait("Completed").output["stage"] == "Shipped"

        def test_a_predicate(functions):
            order = functions.start("Order", ITEMS)
            order.wait_for(lambda order: (order.custom_status or {}).get("stage"))
            assert order.status == "Running"

        def test_suspend_terminate_and_purge(functions):
            order = functions.start("Order", ITEMS).wait("Running")
            order.suspend("a break").wait("Suspended")
            order.resume().wait("Running")
            assert order.terminate("enough").wait().status == "Terminated"
            with pytest.raises(FunctionsError, match=f"instance {order.id} has ended"):
                order.raise_event("Paid")
            order.purge()
            assert not order.exists
            with pytest.raises(FunctionsError, match="no instance"):
                order.status

        def test_what_does_not_come_is_named(functions):
            order = functions.start("Order", ITEMS)
            with pytest.raises(FunctionsError, match="is Completed, not Failed; .*Expired"):
                order.wait("Failed")
            with pytest.raises(FunctionsError, match="no instance nobody; nothing is under way"):
                functions.instance("nobody").wait()
            with pytest.raises(FunctionsError, match="the orchestrator functions are: order"):
                functions.start("Odrer")

        def test_time_stands_still_when_told_so(functions):
            functions.skip_time = False
            order = functions.start("Order", ITEMS)
            order.wait_for(custom_status={"stage": "AwaitingPayment"})
            with pytest.raises(FunctionsError, match="is Running, not ended"):
                order.wait(timeout=0.2)
    """).assert_outcomes(passed=8)


def test_time(run_tests: RunTests, orders: Path) -> None:
    (orders / "function_app.py").write_text("""
import azure.durable_functions as df
from datetime import timedelta
app = df.DFApp()

@app.orchestration_trigger(context_name="context")
def rounds(context):
    for day in range(10):
        context.set_custom_status(day)
        yield context.create_timer(context.current_utc_datetime + timedelta(days=1))

@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
@app.durable_client_input(client_name="client")
async def yearly(timer, client):
    await client.start_new("rounds", "of-the-year")
""")
    run_tests("""
        import pytest
        from functions_emulator.testing import FunctionsError

        def test_each_timer_fires_in_its_turn(functions):
            rounds = functions.start("rounds")
            functions.skip(days=3, minutes=1)
            assert rounds.custom_status == 3
            functions.skip(hours=23, seconds=1)
            assert rounds.custom_status == 3
            functions.skip(hours=1)
            assert rounds.custom_status == 4
            assert rounds.status == "Running"
            assert rounds.wait().status == "Completed"

        def test_a_function_runs_by_hand(functions):
            functions.run("yearly")
            assert functions.instance("of-the-year").wait().status == "Completed"
            with pytest.raises(FunctionsError, match="404"):
                functions.run("daily")
            with pytest.raises(ValueError):
                functions.skip(days=-1)
    """).assert_outcomes(passed=2)


def test_queues(run_tests: RunTests, orders: Path) -> None:
    (orders / "host.json").write_text("""
        {"version": "2.0", "extensions": {"queues": {"maxDequeueCount": 2}}}
    """)
    run_tests("""
        import pytest
        from functions_emulator.testing import FunctionsError

        def test_what_the_app_fails_at_is_poison(functions):
            queue = functions.queue("payments").put("no json").put(b"none").put_raw("not base64")
            queue.wait_until_empty()
            bodies = sorted(message.text for message in queue.poison())
            assert bodies == ["no json", "none", "not base64"]

        def test_no_message_is_left_of_another_test(functions):
            assert functions.queue("payments").poison() == []
            assert functions.queue("shipped").messages() == []

        def test_the_clock_waits_for_a_message_to_be_processed(functions):
            order = functions.start("Order", {"items": ["tea"]})
            functions.queue("payments").put({"orderId": order.id})
            assert order.wait().output["stage"] == "Shipped"
            [message] = functions.queue("shipped").wait()
            assert message.json() == {"items": ["tea"]}

        def test_messages_that_do_not_come(functions):
            with pytest.raises(FunctionsError, match="'shipped' has 0 messages, not 2, after 0.1"):
                functions.queue("shipped").wait(2, timeout=0.1)
            with pytest.raises(FunctionsError, match="no app setting 'Elsewhere'"):
                functions.queue("shipped", connection="Elsewhere")
            functions.queue("shipped").put({})
            with pytest.raises(FunctionsError, match="still has 1 messages"):
                functions.queue("shipped").wait_until_empty(timeout=0.1)
    """).assert_outcomes(passed=4)


def test_what_a_message_still_starts_is_not_seen_by_the_next_test(
    run_tests: RunTests, orders: Path
) -> None:
    with (orders / "function_app.py").open("a") as file:
        file.write("""
@app.queue_trigger(arg_name="message", queue_name="slow", connection="AzureWebJobsStorage")
@app.durable_client_input(client_name="client")
async def slow(message: func.QueueMessage, client: df.DurableOrchestrationClient):
    import asyncio
    await asyncio.sleep(0.3)
    await client.start_new("Order", client_input={"items": []})
""")
    run_tests("""
        import pytest

        @pytest.mark.parametrize("number", range(4))
        def test_one(functions, number):
            functions.clock.wait_for_rest(5)
            assert functions.instances() == []
            functions.queue("slow").put("now")
            while number % 2 and not functions.clock.look().running:
                pass
    """).assert_outcomes(passed=4)


def test_fakes(run_tests: RunTests) -> None:
    run_tests("""
        import threading
        import pytest
        from functions_emulator.testing import FunctionsError

        def paid(functions, items):
            return functions.start("Order", {"items": items}).raise_event("Paid").wait()

        def test_a_value(functions):
            ship = functions.fake("Ship", {"tracking": [1, None]})
            assert paid(functions, ["tea"]).output["tracking"] == {"tracking": [1, None]}
            assert ship.calls == [["tea"]]

        def test_it_is_undone(functions):
            assert paid(functions, ["tea"]).output["tracking"] == "1Z-42"

        def test_a_function_of_the_input(functions):
            seen = []
            functions.fake("reserve", lambda items: seen.append(items) or len(items) > 1)
            short = functions.start("Order", {"items": ["tea"]})
            assert short.wait().output == {"stage": "OutOfStock"}
            assert paid(functions, ["tea", "cup"]).output["stage"] == "Shipped"
            assert seen == [["tea"], ["tea", "cup"]]

        def test_a_function_without_an_input_and_an_async_one(functions):
            async def ship(items):
                return items[0]
            functions.fake("Reserve", lambda: True)
            functions.fake("Ship", ship)
            assert paid(functions, ["tea"]).output["tracking"] == "tea"

        @pytest.mark.parametrize("error", [KeyError("gone"), KeyError])
        def test_an_exception(functions, error):
            functions.fake("Ship", error)
            order = paid(functions, ["tea"])
            assert (order.status, "KeyError" in order.output) == ("Failed", True)

        def test_a_slow_one_is_waited_for_and_no_time_is_skipped(functions):
            go_on = threading.Event()
            functions.fake("Reserve", lambda: go_on.wait(10))
            order = functions.start("Order", {"items": ["tea"]}).wait("Running")
            with pytest.raises(FunctionsError, match="is Running, not ended"):
                order.wait(timeout=0.3)
            go_on.set()
            assert order.wait().output["stage"] == "Expired"

        def test_what_cannot_be_faked(functions):
            with pytest.raises(FunctionsError, match="no activity 'Sihp', but Reserve, Ship"):
                functions.fake("Sihp")

        def test_an_object_with_to_json_and_one_without(functions):
            class Parcel:
                @staticmethod
                def to_json(parcel):
                    return "parcel"
            functions.fake("Ship", lambda: Parcel())
            assert paid(functions, ["tea"]).status == "Failed"  # the app has no such class
            functions.fake("Ship", lambda: object())
            assert "is not JSON" in paid(functions, ["tea"]).output
    """).assert_outcomes(passed=9)


def test_entities(run_tests: RunTests, orders: Path) -> None:
    with (orders / "function_app.py").open("a") as file:
        file.write("""

@app.entity_trigger(context_name="context", entity_name="Stock")
def stock(context):
    left = context.get_state(lambda: 10) - context.get_input()
    context.set_state(left)
    context.set_result(left)


@app.orchestration_trigger(context_name="context")
def takes(context):
    left = yield context.call_entity(df.EntityId("Stock", "tea"), "take", context.get_input())
    return left
""")
    run_tests("""
        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        def test_each_test_has_its_own(functions, time):
            assert functions.start("takes", 3).wait().output == 7
            assert functions.get("/runtime/webhooks/durabletask/entities/Stock/tea").json() == 7
            assert functions.start("takes", 2).wait().output == 5
    """).assert_outcomes(passed=2)
