import threading
from concurrent.futures import ThreadPoolExecutor

from functions_emulator.worker.outbox import Outbox


def test_what_comes_during_a_write_is_sent_with_the_next_one_by_the_same_thread() -> None:
    written: list[tuple[bytes, int]] = []
    writing, go_on = threading.Event(), threading.Event()

    def write(data: bytes) -> None:
        written.append((data, threading.get_ident()))
        writing.set()
        go_on.wait(10)

    outbox = Outbox(write)
    first = threading.Thread(target=outbox.send, args=(b"a",))
    first.start()
    assert writing.wait(5)
    for each in (b"b", b"c"):
        outbox.send(each)  # Returns although the first write has not.
    go_on.set()
    first.join()
    assert [data for data, _ in written] == [b"a", b"bc"]
    assert {thread for _, thread in written} == {first.ident}


def test_messages_that_are_put_wait_for_a_flush() -> None:
    written: list[bytes] = []
    outbox = Outbox(written.append)
    outbox.put(b"a")
    outbox.put(b"b")
    assert written == []
    outbox.flush()
    assert written == [b"ab"]


def test_nothing_of_many_threads_is_lost() -> None:
    written: list[bytes] = []
    outbox = Outbox(written.append)
    with ThreadPoolExecutor(8) as pool:
        for number in range(3000):
            pool.submit(outbox.send, b"%d," % number)
    numbers = sorted(int(text) for text in b"".join(written).split(b",")[:-1])
    assert numbers == list(range(3000))
