from collections.abc import Callable
from datetime import timedelta

import pytest

from functions_emulator.durable.actions import Action, ActionType
from functions_emulator.durable.events import EventType
from functions_emulator.durable.replay import replay
from tests.unit.durable.histories import (
    KNOWN,
    RESUMED,
    START,
    SUSPENDED,
    activity,
    all_of,
    any_of,
    as_new,
    child,
    child_created,
    completed,
    event,
    failed,
    fired,
    names,
    raised,
    retried,
    run,
    scheduled,
    timer,
    timer_created,
    turn,
    wait,
)

# Actions are awaited in order.


def test_the_first_action_is_scheduled_and_the_second_is_not() -> None:
    replayed = run([activity("Check"), activity("Pay")])
    assert names(replayed) == [(0, "Check")]
    assert not replayed.finished


def test_the_second_is_scheduled_when_the_first_is_done() -> None:
    assert names(run([activity(), activity("Pay")], scheduled(0), completed(0))) == [(1, "Pay")]


def test_a_failed_activity_lets_the_walk_go_on_too() -> None:
    assert names(run([activity(), activity("Pay")], scheduled(0), failed(0))) == [(1, "Pay")]


def test_an_action_behind_an_unfinished_one_is_not_scheduled_whatever_the_sdk_thought() -> None:
    replayed = run([wait("Proceed"), activity()], raised("Other"))
    assert replayed.scheduled == []


def test_what_is_in_the_history_is_not_scheduled_again() -> None:
    assert run([activity()], scheduled(0)).scheduled == []


def test_nothing_happens_before_the_execution_has_started() -> None:
    replayed = replay([activity()], [turn()], KNOWN)
    assert replayed.scheduled == [] and not replayed.finished


def test_the_walk_is_finished_when_every_action_is_done() -> None:
    assert run([]).finished
    assert run([activity()], scheduled(0), completed(0)).finished


def test_a_duplicate_completion_changes_nothing() -> None:
    history = (scheduled(0), completed(0), scheduled(1, "Pay"), completed(0))
    replayed = run([activity(), activity("Pay")], *history)
    assert replayed.scheduled == [] and not replayed.finished


# Sequence ids.


def test_waiting_for_an_event_takes_no_sequence_id() -> None:
    assert names(run([wait(), activity()], raised())) == [(0, "Check")]


def test_when_all_schedules_its_children_in_order() -> None:
    replayed = run([all_of(activity(), timer(), child(), activity("Pay"))])
    assert names(replayed) == [(0, "Check"), (1, ""), (2, "Child"), (3, "Pay")]
    kinds = [each.kind for each in replayed.scheduled]
    assert kinds == [
        EventType.TASK_SCHEDULED,
        EventType.TIMER_CREATED,
        EventType.SUB_ORCHESTRATION_CREATED,
        EventType.TASK_SCHEDULED,
    ]


@pytest.mark.parametrize("recorded", [scheduled(0, "Pay"), timer_created(0), scheduled(1)])
def test_a_history_that_does_not_fit_the_actions_fails_the_orchestration(recorded) -> None:
    assert "Non-Deterministic" in str(run([activity("Check")], recorded).failure)


def test_function_names_in_the_history_ignore_case() -> None:
    assert run([activity("Check")], scheduled(0, "CHECK")).failure is None


# External events.


def test_event_names_ignore_case() -> None:
    assert run([wait("Proceed")], raised("pROCEED")).finished


def test_an_early_event_is_buffered_for_the_next_wait() -> None:
    replayed = run([activity(), wait(), activity("Pay")], scheduled(0), raised(), completed(0))
    assert names(replayed) == [(1, "Pay")]


def test_an_event_is_given_to_one_wait_only() -> None:
    replayed = run([wait(), activity(), wait()], raised(), scheduled(0), completed(0))
    assert not replayed.finished


def test_of_several_waiters_the_newest_is_served_first() -> None:
    # The first round is lost to the timer; its wait stays open below the second round's.
    rounds = [any_of(wait(), timer()), any_of(wait(), timer(90)), activity()]
    history = (timer_created(0), fired(0), timer_created(1), raised())
    assert names(run(rounds, *history)) == [(2, "Check")]


def test_a_wait_that_lost_its_round_takes_an_event_nobody_else_waits_for() -> None:
    rounds = [any_of(wait(), timer()), activity(), any_of(wait(), timer(90))]
    history = (timer_created(0), fired(0), scheduled(1), raised(), completed(1))
    replayed = run(rounds, *history)
    assert names(replayed) == [(2, "")]  # the second round waits: its timer is scheduled
    assert not replayed.finished


# When any, when all.


def test_when_any_is_done_with_its_first_child() -> None:
    replayed = run(
        [any_of(activity(), activity("Pay")), timer()],
        scheduled(0),
        scheduled(1, "Pay"),
        completed(1),
    )
    assert names(replayed) == [(2, "")]


def test_when_all_waits_for_every_child_after_a_failure_too() -> None:
    actions = [all_of(activity(), activity("Pay")), timer()]
    history = (scheduled(0), scheduled(1, "Pay"), failed(0))
    assert run(actions, *history).scheduled == []
    assert names(run(actions, *history, completed(1))) == [(2, "")]


def test_compounds_nest() -> None:
    actions = [any_of(all_of(activity(), wait()), all_of(activity("Pay"), timer())), child()]
    history = (scheduled(0), scheduled(1, "Pay"), timer_created(2), completed(0))
    assert run(actions, *history).scheduled == []
    assert names(run(actions, *history, raised())) == [(3, "Child")]


def test_an_empty_when_all_is_done_and_an_empty_when_any_fails() -> None:
    assert run([all_of()]).finished
    assert "no tasks" in str(run([any_of()]).failure)


# Timers.


def test_a_timer_fires_at_the_time_its_action_says() -> None:
    (created,) = run([timer(60)]).scheduled
    assert created.fire_at == START + timedelta(seconds=60)


def test_a_cancelled_timer_is_done_at_once_but_still_scheduled() -> None:
    replayed = run([timer(cancelled=True), activity()])
    assert names(replayed) == [(0, ""), (1, "Check")]


def test_a_cancelled_timer_that_fires_is_not_heard() -> None:
    replayed = run([timer(cancelled=True), wait()], timer_created(0), fired(0))
    assert not replayed.finished


def test_a_timer_left_running_keeps_the_orchestration_from_ending() -> None:
    actions = [any_of(wait(), timer())]
    assert not run(actions, timer_created(0), raised()).finished
    assert run(actions, timer_created(0), raised(), fired(0)).finished


def test_a_cancelled_timer_does_not_keep_it() -> None:
    assert run([any_of(wait(), timer(cancelled=True))], timer_created(0), raised()).finished


# Retries.


def test_a_failed_attempt_is_followed_by_a_timer_and_the_next_attempt() -> None:
    actions = [retried(attempts=3, interval=5000)]
    replayed = run(actions, scheduled(0), turn(10), failed(0))
    (delay,) = replayed.scheduled
    assert (delay.id, delay.fire_at) == (1, START + timedelta(seconds=15))
    replayed = run(actions, scheduled(0), turn(10), failed(0), timer_created(1), fired(1))
    assert names(replayed) == [(2, "Check")]


def test_the_last_failure_is_followed_by_one_more_timer_that_is_due_at_once() -> None:
    history = (
        scheduled(0),
        failed(0),
        timer_created(1),
        fired(1),
        scheduled(2),
        turn(9),
        failed(2),
    )
    actions = [retried(attempts=2), activity("Pay")]
    (delay,) = run(actions, *history).scheduled
    assert (delay.id, delay.fire_at) == (3, START + timedelta(seconds=9))
    assert names(run(actions, *history, timer_created(3), fired(3))) == [(4, "Pay")]


def test_an_attempt_that_succeeds_ends_the_retries() -> None:
    history = (scheduled(0), failed(0), timer_created(1), fired(1), scheduled(2), completed(2))
    assert run([retried(attempts=5)], *history).finished


def test_retries_within_when_all_take_their_ids_when_the_failure_arrives() -> None:
    actions = [all_of(retried("Check"), retried("Pay"))]
    history = (scheduled(0), scheduled(1, "Pay"), failed(1), failed(0))
    assert [(each.id, each.kind) for each in run(actions, *history).scheduled] == [
        (2, EventType.TIMER_CREATED),
        (3, EventType.TIMER_CREATED),
    ]
    later = (timer_created(2), timer_created(3), fired(2))
    assert names(run(actions, *history, *later)) == [(4, "Pay")]


# Sub-orchestrations.


def test_a_sub_orchestration_is_scheduled_and_awaited() -> None:
    assert names(run([child(instance_id="c1")])) == [(0, "Child")]
    done = event(EventType.SUB_ORCHESTRATION_COMPLETED, TaskScheduledId=0)
    assert run([child()], child_created(0), done).finished


def test_a_sub_orchestration_is_retried_after_a_failure_and_not_after_its_end() -> None:
    kind = ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY
    action = {**retried("Child", attempts=3), "actionType": kind}
    gone, done = (
        event(getattr(EventType, f"SUB_ORCHESTRATION_{end}"), TaskScheduledId=0)
        for end in ("FAILED", "COMPLETED")
    )
    [delay] = run([action], child_created(0), gone).scheduled
    assert (delay.id, delay.kind) == (1, EventType.TIMER_CREATED)
    assert run([action], child_created(0), done).finished
    later = (timer_created(1), fired(1))
    assert names(run([action], child_created(0), gone, *later)) == [(2, "Child")]


def test_a_failed_sub_orchestration_lets_the_walk_go_on() -> None:
    gone = event(EventType.SUB_ORCHESTRATION_FAILED, TaskScheduledId=0)
    assert names(run([child(), activity()], child_created(0), gone)) == [(1, "Check")]


# Continue as new.


def test_continue_as_new_is_told_with_its_input() -> None:
    replayed = run([as_new("7")])
    assert replayed.finished
    assert replayed.continue_as_new is not None
    assert replayed.continue_as_new["input"] == "7"


def test_events_after_continue_as_new_are_carried_over_and_buffered_ones_are_not() -> None:
    actions = [activity(), as_new()]
    replayed = run(actions, scheduled(0), raised("Early"), completed(0), raised("Late"))
    assert [each["Name"] for each in replayed.carried_over] == ["Late"]


# Suspend and resume.


def test_a_suspended_orchestration_processes_nothing() -> None:
    replayed = run([wait(), activity()], SUSPENDED, raised())
    assert replayed.suspended
    assert replayed.scheduled == []


def test_what_came_while_suspended_is_processed_on_resume() -> None:
    replayed = run([wait(), activity()], SUSPENDED, raised(), RESUMED)
    assert not replayed.suspended
    assert names(replayed) == [(0, "Check")]


def test_what_was_scheduled_in_the_turn_that_suspends_is_held_back_until_resume() -> None:
    assert run([activity()], SUSPENDED).scheduled == []
    assert names(run([activity()], SUSPENDED, RESUMED)) == [(0, "Check")]


# Traps that are traps on the platform.


def test_a_task_used_again_in_a_second_when_any_hangs() -> None:
    # The SDK leaves the timer, which the first round scheduled, out of the second: Task.py.
    actions = [any_of(wait("A"), timer()), any_of(wait("B")), activity()]
    history = (timer_created(0), raised("A"), fired(0))
    replayed = run(actions, *history)
    assert replayed.scheduled == [] and not replayed.finished


@pytest.mark.parametrize("call", [activity, retried, child])
def test_a_function_that_is_not_there_is_called_all_the_same_and_named(
    call: Callable[[str], Action],
) -> None:
    replayed = run([call("Chekc"), activity("Check")])
    assert replayed.unknown == ["Chekc"]
    assert names(replayed) == [(0, "Chekc")]  # what runs it fails it


def test_an_action_of_no_known_kind_fails_with_its_number() -> None:
    assert "99" in str(run([{"actionType": 99}]).failure)
