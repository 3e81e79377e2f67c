import pytest

from functions_emulator.errors import AppError
from functions_emulator.pool.settings import thread_count, worker_count


@pytest.mark.parametrize(("value", "count"), [(None, 1000), ("", 1000), ("4", 4)])
def test_the_thread_count_is_the_hosts_unless_it_is_set(value: str | None, count: int) -> None:
    values = {} if value is None else {"PYTHON_THREADPOOL_THREAD_COUNT": value}
    assert thread_count(values) == count


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_wrong_thread_count_is_ignored_with_a_warning(
    value: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert thread_count({"PYTHON_THREADPOOL_THREAD_COUNT": value}) == 1000
    assert "PYTHON_THREADPOOL_THREAD_COUNT" in caplog.text


# RpcWorkerConfigFactory.cs: below 1 is 1.
@pytest.mark.parametrize(("value", "count"), [("", 1), ("0", 1), ("-3", 1), ("1", 1), ("10", 10)])
def test_the_worker_count_comes_from_its_setting(value: str, count: int) -> None:
    assert worker_count({"FUNCTIONS_WORKER_PROCESS_COUNT": value}) == count


@pytest.mark.parametrize("value", ["11", "two", "1.5"])
def test_a_wrong_worker_count_is_refused(value: str) -> None:
    with pytest.raises(AppError, match="whole number from 1 to 10"):
        worker_count({"FUNCTIONS_WORKER_PROCESS_COUNT": value})
