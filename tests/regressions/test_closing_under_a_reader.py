"""A socket that one thread shut down and closed while another was about to read waited until `hang_timeout`."""

from __future__ import annotations

import socket
import threading

import pytest

import bigfoot


@pytest.mark.parametrize("way", ["recv", "recv_into"])
def test_closing_under_a_reader(way: str) -> None:
    ends: list[bytes | int | OSError] = []
    for _ in range(100):
        bigfoot.socket_mock.new_session().expect("connect", returns=None).expect("close", returns=None)
        with bigfoot.sandbox():
            sock = socket.create_connection(("feed.example.com", 9000))
            reading = threading.Event()

            def read(sock: socket.socket = sock, reading: threading.Event = reading) -> None:
                reading.set()
                try:
                    ends.append(sock.recv(10) if way == "recv" else sock.recv_into(bytearray(10)))
                except OSError as error:
                    ends.append(error)

            reader = threading.Thread(target=read)
            reader.start()
            reading.wait()
            sock.shutdown(socket.SHUT_RDWR)
            sock.close()
            reader.join(4)  # less than hang_timeout
            assert not reader.is_alive()
        bigfoot.socket_mock.assert_connect(host="feed.example.com", port=9000)
        bigfoot.socket_mock.assert_close()
    assert len(ends) == 100
    assert all(isinstance(end, OSError) or not end for end in ends)
