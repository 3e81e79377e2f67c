"""Two orders, one SKU and all that may happen to them: which states follow a state."""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.model.asking import Answer, Request, Seen, freeze
from tests.unit.model.orchestrations import Standing, standing
from tests.unit.model.programs import Caches, Programs
from tests.unit.model.states import (
    SYSTEM,
    Left,
    Order,
    Rows,
    State,
    Task,
    in_sequence,
    with_order,
    with_task,
)
from tests.unit.model.storing import at_provider, matching, transact

HEARING = ("CheckingInventory", "AwaitingProceed")
PROVIDER = ("open", "take", "give back")


class World:
    """The rules. Faults are: a request refused, its answer lost, sent twice; a process killed
    after it; an activity that gives up, or is delivered twice; an order terminated.
    """

    def __init__(self, methods: dict[str, str], ledger: bool, faults: frozenset[str]) -> None:
        self.ids = tuple(methods)
        self._methods = methods
        self._programs = Programs(ledger)
        self._faults = faults

    def begin(self, available: int, left: Left) -> State:
        sku = freeze(
            {
                "PartitionKey": "main",
                "RowKey": "sku:A",
                "available": available,
                "stocked": available,
                "unitPrice": 1,
                "currency": "EUR",
                "description": "A",
            }
        )
        rows: Rows = ((("inventory", ("main", "sku:A")), sku),)
        state = State(rows, (), tuple(Order() for _ in self.ids), (), (), left)
        for of in range(len(self.ids)):
            state = self._schedule(state, of)
        return state

    def standing(self, state: State, of: int) -> Standing:
        order = state.orders[of]
        name = self.ids[of]
        found = standing(name, self._methods[name], order.told)
        return found._replace(status="Terminated") if order.terminated else found

    def is_quiet(self, state: State) -> bool:
        return not state.messages and all(task.is_late and not task.answers for task in state.tasks)

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Yield what may happen next, and the state after it."""
        alone = self._alone(state)
        if alone is not None:
            of = state.tasks[alone].of
            yield from self._steps_of(state, alone, state.tasks[alone])
            if state.left.faults and "terminated" in self._faults:
                yield f"{self.ids[of]} is terminated", self._terminate(_faulted(state), of)
            return
        for number, task in enumerate(state.tasks):
            if not (number and state.tasks[number - 1] == task):
                yield from self._steps_of(state, number, task)
        for message in dict.fromkeys(state.messages):
            yield f"{message} is delivered", self._deliver(state, message)
        left = state.left
        if left.restocks and state.phase == 0:
            yield (
                "a restock begins",
                with_task(
                    state._replace(left=left._replace(restocks=left.restocks - 1)),
                    Task("restock", "A", SYSTEM),
                ),
            )
        if left.sweeps and state.phase == 0:
            yield (
                "a sweep begins",
                with_task(
                    state._replace(left=left._replace(sweeps=left.sweeps - 1)),
                    Task("sweep", "", SYSTEM),
                ),
            )
        for of, name in enumerate(self.ids):
            if not self.standing(state, of).runs:
                continue
            if left.cancels and state.phase == 0:
                less = state._replace(left=left._replace(cancels=left.cancels - 1))
                yield f"{name} is cancelled", self._tell(less, of, ("event", "Cancel"))
            if left.faults and "terminated" in self._faults:
                yield f"{name} is terminated", self._terminate(_faulted(state), of)
        if self.is_quiet(state):
            yield from self._go_on(state)

    def _alone(self, state: State) -> int | None:
        """Return a task whose next request touches what nobody else can touch or tell.

        It is one on an order's payment, which is not the last of its activity, while no late
        activity may touch the same payment. What others do next makes no difference to it, nor it
        to them, so it needs to be tried before theirs only: a partial order reduction. (A sweep
        touches the payment of an order that has ended, so the order's termination goes with it.)
        """
        for number, task in enumerate(state.tasks):
            if task.of == SYSTEM:
                continue
            request = self._programs.stands(*task[:2], *task[3:]).request
            if request is None or not (request.table == "payments" or request.kind in PROVIDER):
                continue
            if any(
                other.is_late and f'"orderId": "{self.ids[task.of]}"' in other.argument
                for other in state.tasks
            ):
                continue
            answers = (*task.answers, self._apply(state, request)[1])
            if self._programs.stands(*task[:2], task.caches, answers).request is not None:
                return number
        return None

    def _go_on(self, state: State) -> Iterator[tuple[str, State]]:
        if state.phase in (0, 2):
            swept = state._replace(phase=state.phase + 1)
            yield "all is quiet: a sweep begins", with_task(swept, Task("sweep", "", SYSTEM))
        elif state.phase == 1:
            state = state._replace(phase=2)
            for of in range(len(self.ids)):
                if self.standing(state, of).runs:
                    state = self._tell(state, of, ("time is up", ""))
            yield "time is up", state

    def _steps_of(self, state: State, number: int, task: Task) -> Iterator[tuple[str, State]]:
        request = self._programs.stands(*task[:2], *task[3:]).request
        assert request is not None, task
        who = f"{task.name} {task.argument[:20] if not task.is_activity else self._whose(task)}"
        what = f"{who}: {request.kind} {request.details}"
        if task.is_late:
            # What is late does what a sweep has to mend, which comes every few minutes.
            state = _back(state)
        done, answer = self._apply(state, request)
        yield what, self._answered(done, number, answer)
        if not state.left.faults:
            return
        bad = _faulted(state)
        broken = Answer(failed="gateway" if request.table == "" and task.is_activity else "storage")
        if request.kind == "status":
            return
        if "refused" in self._faults:
            yield f"{what}: refused", self._answered(bad, number, broken)
        if "gave up" in self._faults and task.is_activity and not task.is_late:
            yield f"{what}: refused at every try", self._gave_up(bad, number)
        if request.writes:
            done = self._apply(bad, request)[0]
            if "lost" in self._faults:
                yield f"{what}: answer lost", self._answered(done, number, broken)
            if "resent" in self._faults and request.table:
                twice, again = self._apply(done, request)
                yield f"{what}: sent twice", self._answered(twice, number, again)
        else:
            done = bad
        if "killed" in self._faults:
            yield f"{what}: then killed", self._killed(done, number)
        if "doubled" in self._faults and task.is_activity and not task.answers and task.of >= 0:
            twin = Task(task.name, task.argument, SYSTEM)
            yield f"{who} is delivered twice", with_task(bad, twin)

    def _whose(self, task: Task) -> str:
        whose = next(name for name in self.ids if f'"orderId": "{name}"' in task.argument)
        return f"{whose}{' (late)' if task.is_late else ''}"

    def _answered(self, state: State, number: int, answer: Answer) -> State:
        """Go on with a task, and with what waits for it if that was all it did."""
        task = state.tasks[number]
        task = task._replace(answers=(*task.answers, answer))
        stands = self._programs.stands(*task[:2], *task[3:])
        others = state._replace(tasks=state.tasks[:number] + state.tasks[number + 1 :])
        if stands.request is not None:
            return with_task(others, task)
        if stands.failed:
            if task.is_late or task.name == "sweep":
                return others
            # Else it would fail for ever.
            assert answer.failed, f"{task} fails of itself: {stands.result}"
            return with_task(others, Task(*task[:3], stands.caches))
        if task.of == SYSTEM:
            return others
        order = others.orders[task.of]._replace(caches=stands.caches)
        told = with_order(others, task.of, order)
        return self._tell(told, task.of, ("answer", task.name, stands.result))

    def _killed(self, state: State, number: int) -> State:
        """End a process: what it worked on is delivered again, but for what nobody waits for."""
        task = state.tasks[number]
        others = state._replace(tasks=state.tasks[:number] + state.tasks[number + 1 :])
        if task.name == "sweep":
            return others
        return with_task(others, Task(*task[:3]))

    def _gave_up(self, state: State, number: int) -> State:
        task = state.tasks[number]
        others = state._replace(tasks=state.tasks[:number] + state.tasks[number + 1 :])
        return self._tell(others, task.of, ("gave up", task.name))

    def _terminate(self, state: State, of: int) -> State:
        tasks = [task._replace(of=SYSTEM) if task.of == of else task for task in state.tasks]
        ended = state.orders[of]._replace(terminated=True, told=(), caches=Caches())
        return with_order(state._replace(tasks=in_sequence(tasks)), of, ended)

    def _deliver(self, state: State, message: tuple[str, str]) -> State:
        messages = list(state.messages)
        messages.remove(message)
        state = state._replace(messages=tuple(messages))
        name, event = message
        of = self.ids.index(name)
        if self.standing(state, of).runs:
            return self._tell(state, of, ("event", event))
        return with_task(state, Task("pass on", name, SYSTEM))

    def _tell(self, state: State, of: int, news: tuple[str, ...]) -> State:
        standing = self.standing(state, of)
        before = standing.activity
        if news[0] == "event" and standing.stage not in HEARING:
            # test_an_order_that_is_being_paid_for_or_undone_hears_nothing
            return state
        order = state.orders[of]
        state = with_order(state, of, order._replace(told=(*order.told, news)))
        if news[0] == "event" and before:
            return state
        return self._schedule(state, of)

    def _schedule(self, state: State, of: int) -> State:
        """Begin the activity that an order waits for."""
        standing = self.standing(state, of)
        if not standing.activity:
            return state
        task = Task(standing.activity, standing.argument, of, state.orders[of].caches)
        stands = self._programs.stands(*task[:2], *task[3:])
        if stands.request is None:
            # It needs nobody: such as a payment that is declined for its method.
            order = state.orders[of]._replace(caches=stands.caches)
            news = ("answer", task.name, stands.result)
            return self._tell(with_order(state, of, order), of, news)
        state = with_order(state, of, state.orders[of]._replace(caches=Caches()))
        return with_task(state, task)

    def _apply(self, state: State, request: Request) -> tuple[State, Answer]:
        """Do what a request asks for."""
        kind, table, details, _ = request
        if kind == "get":
            content = dict(state.rows).get((table, details))
            found = () if content is None else (Seen(table, details, content, True),)
            return state, Answer(rows=found)
        if kind == "query":
            return state, Answer(rows=tuple(matching(state.rows, table, details)))
        if kind == "transact":
            return transact(state, table, details)
        if kind == "send":
            messages = tuple(sorted((*state.messages, details)))
            return state._replace(messages=messages), Answer()
        if kind == "status":
            standing = self.standing(state, self.ids.index(details))
            # The sweep asks for no other stage.
            stage = standing.stage if standing.stage == HEARING[1] else HEARING[0]
            return state, Answer((standing.status, stage))
        return at_provider(state, kind, details)


def _back(state: State) -> State:
    return state._replace(phase={1: 0, 3: 2}.get(state.phase, state.phase))


def _faulted(state: State) -> State:
    """Count a fault; the sweep that it may have hit is done again."""
    return _back(state._replace(left=state.left._replace(faults=state.left.faults - 1)))
