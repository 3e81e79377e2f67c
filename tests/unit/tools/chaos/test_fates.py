from pathlib import Path

from tools.audit.record import Record
from tools.chaos.fates import Fates


def test_each_line_about_a_message_is_read_once_and_when_it_is_whole(tmp_path: Path) -> None:
    fates, record, log = Fates(), Record(sent={"m-1": "one", "m-2": "two"}), tmp_path / "host.log"
    fates.tell(record, [log])
    log.write_text("other\nMessage m-1: Proceed delivered to order o-1\nMessage m-2: Can")
    fates.tell(record, [log])
    assert record.without_fate() == ["m-2"]
    with log.open("a") as file:
        file.write("cel for order o-1 dropped: it has ended\n")
    fates.tell(record, [log])
    assert record.without_fate() == []
    assert record.log.count("\n") == 2
