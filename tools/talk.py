#!/usr/bin/env python3
"""Sends lines of standard input to an app that uses socketkit, and prints what it receives.

    talk.py connect 127.0.0.1:1234 --framing length --heartbeat 5000
    talk.py listen 127.0.0.1:1234

With framing or --hex, each line is a message. The end of standard input half-closes the connection; the program exits
when the peer has closed it. Status messages go to standard error.
"""

import argparse
import asyncio
import pathlib
import sys

from socketkit import Connection, Options, listen


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["connect", "listen"])
    parser.add_argument("address", help="HOST:PORT; [ADDRESS]:PORT for IPv6")
    parser.add_argument("--framing", choices=["none", "length", "delimiter"], default="none")
    parser.add_argument("--length-bytes", type=int, choices=[1, 2, 3, 4, 8], default=4)
    parser.add_argument("--little-endian", action="store_true")
    parser.add_argument("--delimiter", default="0a", help="in hexadecimal")
    parser.add_argument("--heartbeat", type=int, default=0, metavar="MS", help="interval")
    parser.add_argument("--acknowledge", action="store_true")
    parser.add_argument("--key-file", metavar="FILE", help="file with the pairing key; needs the package cryptography")
    parser.add_argument("--hex", action="store_true", help="lines are bytes in hexadecimal instead of UTF-8")
    return parser.parse_args()


async def converse(connection: Connection, is_hex: bool, has_framing: bool) -> None:
    say(f"connected to {connection.peer[0]} port {connection.peer[1]}")
    lines = send_lines(connection, is_hex, has_framing)
    await asyncio.gather(print_messages(connection, is_hex, has_framing), lines)
    await connection.close()


async def send_lines(connection: Connection, is_hex: bool, has_framing: bool) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        text = line.rstrip("\n") if is_hex or has_framing else line
        try:
            await connection.send(bytes.fromhex(text) if is_hex else text.encode())
        except ValueError as error:
            say(f"not sent: {error}")
    await connection.end()


async def print_messages(connection: Connection, is_hex: bool, has_framing: bool) -> None:
    while (message := await connection.receive()) is not None:
        text = message.hex() if is_hex else message.decode(errors="replace")
        print(text, end="\n" if is_hex or has_framing else "", flush=True)


def read_key(file: str) -> bytes:
    import noise  # Needs the package `cryptography`.

    return noise.parse_key(pathlib.Path(file).read_text())


async def run(options: argparse.Namespace) -> None:
    host, _, port = options.address.rpartition(":")
    host = host.strip("[]")
    settings = Options(
        framing=options.framing,
        length_bytes=options.length_bytes,
        little_endian=options.little_endian,
        delimiter=bytes.fromhex(options.delimiter),
        heartbeat_ms=options.heartbeat,
        acknowledge=options.acknowledge,
        key=read_key(options.key_file) if options.key_file else None,
    )
    settings.check()
    if options.command == "connect":
        connection = await Connection.connect(host, int(port), settings)
        return await converse(connection, options.hex, options.framing != "none")
    first: "asyncio.Future[Connection]" = asyncio.get_running_loop().create_future()

    async def take(connection: Connection) -> None:
        if first.done():
            await connection.close()
        else:
            first.set_result(connection)

    server = asyncio.create_task(listen(host, int(port), settings, take, lambda port: say(f"listening on port {port}")))
    await asyncio.wait([server, first], return_when=asyncio.FIRST_COMPLETED)
    if server.done():
        server.result()
    await converse(await first, options.hex, options.framing != "none")
    server.cancel()


def main() -> int:
    try:
        asyncio.run(run(arguments()))
    except (Exception, KeyboardInterrupt) as error:
        say(f"error: {error or type(error).__name__}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
