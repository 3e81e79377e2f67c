"""Which processes of a host are its workers."""

from __future__ import annotations

import subprocess


def worker_pids(group_id: int) -> list[int]:
    """Return the worker processes of the host that runs in a process group, oldest first.

    The first process of the group is the supervisor, its child is the host, and the host's
    children are its workers.
    """
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,pgid="], capture_output=True, text=True, check=True
    ).stdout
    return workers_among(listed, group_id)


def workers_among(listed: str, group_id: int) -> list[int]:
    """Return the workers in a list of lines `pid ppid pgid`."""
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    members = {pid: parent for pid, parent, group in rows if group == group_id}
    hosts = {pid for pid, parent in members.items() if parent == group_id}
    return sorted(pid for pid, parent in members.items() if parent in hosts)
