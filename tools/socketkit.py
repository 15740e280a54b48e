"""The wire format of socketkit (docs/wire.md) for Python: `Connection.connect`, `listen`, `send`, `receive`, `close`.

Needs Python 3.9; for pairing keys also `noise.py`. Not implemented: reconnecting. `talk.py` is a program that uses it.
"""

import asyncio
import contextlib
import dataclasses
import importlib
import secrets
import struct
import sys
from typing import Optional

DATA, PING, PONG, ACKNOWLEDGE, BYE = range(5)
HELLO, CHALLENGE, PROOF, WELCOME, REFUSED = range(0x10, 0x15)
OTHER_SETTINGS, WRONG_KEY, NO_PLACE = 1, 2, 3  # with a key the last one comes in a record
REFUSALS = {OTHER_SETTINGS: "other settings", WRONG_KEY: "a wrong key", NO_PLACE: "no place for another connection"}
PLAIN_VERSION, KEYED_VERSION = 1, 2
FLAG_HEARTBEAT, FLAG_ACKNOWLEDGE, LITTLE_ENDIAN = 1, 2, 0x80
HANDSHAKE_S = 5
HELLO_SIZES = (38, 55)  # without and with a key
CONTROL_MAX_BYTES = 64


class ProtocolError(Exception):
    """The peer broke docs/wire.md, or one side refused the other."""


@dataclasses.dataclass
class Options:
    """What both sides have to agree on."""

    framing: str = "length"  # "none", "length" or "delimiter"
    length_bytes: int = 4  # 1, 2, 3, 4 or 8
    little_endian: bool = False
    delimiter: bytes = b"\n"
    max_message_bytes: int = 1 << 20
    heartbeat_ms: int = 0  # 0: none
    acknowledge: bool = False
    key: Optional[bytes] = None  # the pairing key: encrypts, needs the package `cryptography`

    @property
    def is_typed(self) -> bool:
        return self.heartbeat_ms > 0 or self.acknowledge or bool(self.key)

    @property
    def agreed(self) -> tuple:
        """What both sides must have: the flags, and the format of a frame's length."""
        flags = (FLAG_HEARTBEAT if self.heartbeat_ms else 0) | (FLAG_ACKNOWLEDGE if self.acknowledge else 0)
        return flags, self.length_bytes | (LITTLE_ENDIAN if self.little_endian else 0)

    def check(self) -> None:
        """Raises ValueError where the options contradict each other."""
        if self.is_typed and self.framing != "length":
            raise ValueError("heartbeat, acknowledge and key need the framing length")
        if self.framing == "delimiter" and not 1 <= len(self.delimiter) <= 64:
            raise ValueError(f"the delimiter has {len(self.delimiter)} bytes; allowed are 1 to 64")

    def frame(self, body: bytes) -> bytes:
        """The bytes of one frame on the wire."""
        if self.framing == "none":
            return body
        if self.framing == "delimiter":
            if (body + self.delimiter).index(self.delimiter) != len(body):
                raise ValueError("the message would be cut at a delimiter in it")
            return body + self.delimiter
        return len(body).to_bytes(self.length_bytes, "little" if self.little_endian else "big") + body


class Connection:
    """One connection. `send`, `receive` and `close` belong to one task; heartbeat and acknowledgements need none."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: Options) -> None:
        options.check()
        self.peer = writer.get_extra_info("peername")
        self._reader, self._writer, self._options = reader, writer, options
        self._received = self._sent = self._acknowledged = 0
        self._peer_said_bye = self._said_bye = self._has_ended = False
        self._progress = asyncio.Event()  # an Acknowledge, or the end of reading
        self._messages: "asyncio.Queue[Optional[bytes]]" = asyncio.Queue(maxsize=64)
        self._tasks: list = []
        self._noise = importlib.import_module("noise").Handshake(options.key) if options.key else None
        self._seal = bytes
        self.error: Optional[Exception] = None

    @classmethod
    async def connect(cls, host: str, port: int, options: Options) -> "Connection":
        """Connects, and shakes hands where heartbeat or acknowledge ask for it."""
        limit = options.max_message_bytes + CONTROL_MAX_BYTES
        self = cls(*await asyncio.open_connection(host, port, limit=limit), options)
        await self._start(is_server=False)
        return self

    async def send(self, message: bytes) -> None:
        """Sends a message; returns when the kernel has room again. ValueError: longer than allowed."""
        if len(message) > self._options.max_message_bytes:
            raise ValueError(f"{len(message)} bytes; allowed are {self._options.max_message_bytes}")
        if self._options.acknowledge:
            self._sent += 1
        self._write(DATA, message)
        await self._writer.drain()

    async def receive(self) -> Optional[bytes]:
        """The next message, without framing the next bytes; None at the end of the stream. Raises what broke it."""
        message = await self._messages.get()
        if message is None:
            self._messages.put_nowait(None)
            if self.error:
                raise self.error
        return message

    async def end(self) -> None:
        """Half-closes. With acknowledge it waits until the peer has everything. Raises what broke the connection."""
        if not self._said_bye and not self.error:
            self._said_bye = True
            if self._options.is_typed:
                self._write(BYE)
            if not self._options.acknowledge and self._writer.can_write_eof():
                self._writer.write_eof()
        while self._acknowledged < self._sent and not self._has_ended:
            self._progress.clear()
            await self._progress.wait()
        if self.error or self._acknowledged < self._sent:
            raise self.error or ProtocolError("the peer closed before it acknowledged every message")

    async def close(self) -> None:
        """Sends what is left, then closes the socket. Raises as `end` does."""
        try:
            await self.end()
        finally:
            for task in self._tasks:
                task.cancel()
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _start(self, is_server: bool) -> None:
        if self._options.is_typed:
            shake = self._shake_as_server() if is_server else self._shake_as_client()
            try:
                await asyncio.wait_for(shake, HANDSHAKE_S)
            except BaseException:
                self._writer.close()
                raise
        self._heard = asyncio.get_running_loop().time()
        self._tasks.append(asyncio.create_task(self._read()))
        if self._options.heartbeat_ms:
            self._tasks.append(asyncio.create_task(self._beat()))

    def _hello(self) -> bytes:
        (flags, length_format), interval = self._options.agreed, self._options.heartbeat_ms
        if self._noise is None:
            return struct.pack(">BBI", PLAIN_VERSION, flags, interval) + secrets.token_bytes(32)
        return bytes([KEYED_VERSION]) + self._noise.write(struct.pack(">BIB", flags, interval, length_format))

    def _take_hello(self, fields: bytes) -> tuple:
        """The peer's settings: those of its `Options.agreed` that it sends."""
        if fields[0] != (own := KEYED_VERSION if self._noise else PLAIN_VERSION):
            raise ProtocolError(f"the peer has wire version {fields[0]}; here is {own} (1: without a key, 2: with one)")
        if self._noise is None:
            return fields[1:2]
        return struct.unpack(">B4xB", self._noise.read(fields[1:]))

    def _check_settings(self, peer: tuple) -> None:
        if tuple(peer) != self._options.agreed[: len(peer)]:
            raise ProtocolError(f"the peer has the settings {tuple(peer)}; here are {self._options.agreed}")

    def _start_records(self, is_server: bool) -> None:
        if self._noise:
            self._seal, self._reader = self._noise.records(self._reader, is_server)

    async def _shake_as_client(self) -> None:
        self._write(HELLO, self._hello())
        self._check_settings(self._take_hello(await self._expect(CHALLENGE, *HELLO_SIZES)))
        self._start_records(is_server=False)
        self._write(PROOF, bytes(16 + 8), is_record=self._noise is not None)
        welcome = await self._expect(WELCOME, 1 + 16 + 8)
        if welcome[0] or bool(any(welcome[1:17])) != self._options.acknowledge or any(welcome[17:]):
            raise ProtocolError("the server's Welcome contradicts itself")

    async def _shake_as_server(self) -> None:
        try:
            peer = self._take_hello(await self._expect(HELLO, *HELLO_SIZES))
            if self._noise is None:
                self._check_settings(peer)
        except (ProtocolError, PermissionError) as error:
            self._write(REFUSED, bytes([WRONG_KEY if isinstance(error, PermissionError) else OTHER_SETTINGS]))
            raise
        self._write(CHALLENGE, self._hello())
        # With a key only after Challenge, with which the client learns the settings from a server that has the key.
        self._check_settings(peer)
        self._start_records(is_server=True)
        await self._expect(PROOF, 16 + 8)
        session = secrets.token_bytes(16) if self._options.acknowledge else bytes(16)
        self._write(WELCOME, b"\x00" + session + bytes(8), is_record=self._noise is not None)

    async def _expect(self, kind: int, *sizes: int) -> bytes:
        is_record = self._noise is not None and kind in (PROOF, WELCOME)
        read = self._whole(self._reader.read_record(), may_end=True) if is_record else self._frame(CONTROL_MAX_BYTES)
        if (body := await read) is None:
            raise ProtocolError("the peer closed the connection during the handshake")
        reason = body[1] if kind in (CHALLENGE, WELCOME) and len(body) == 2 and body[0] == REFUSED else None
        if reason in REFUSALS and (reason != NO_PLACE or is_record or self._noise is None):
            raise ProtocolError(f"the server refused the connection: {REFUSALS[reason]}")
        if body[:1] != bytes([kind]) or len(body) - 1 not in sizes:
            raise ProtocolError("no handshake of this framing; has the peer the same settings?")
        return body[1:]

    def _write(self, kind: int, fields: bytes = b"", is_record: bool = False) -> None:
        body = bytes([kind]) + fields if self._options.is_typed else fields
        self._writer.write(self._seal(body if is_record else self._options.frame(body)))

    async def _frame(self, max_bytes: int) -> Optional[bytes]:
        """The body of the next frame; None at the end of the stream."""
        if self._options.framing == "none":
            return await self._reader.read(65536) or None
        if self._options.framing == "delimiter":
            message = await self._whole(self._reader.readuntil(self._options.delimiter), may_end=True)
            return message and message[: -len(self._options.delimiter)]
        head = await self._whole(self._reader.readexactly(self._options.length_bytes), may_end=True)
        if head is None:
            return None
        length = int.from_bytes(head, "little" if self._options.little_endian else "big")
        if length > max_bytes:
            raise ProtocolError(f"a frame of {length} bytes; allowed are {max_bytes}")
        return await self._whole(self._reader.readexactly(length), may_end=False)

    async def _whole(self, reading, may_end: bool) -> Optional[bytes]:
        try:
            return await reading
        except asyncio.IncompleteReadError as error:
            if may_end and not error.partial:
                return None
            raise ProtocolError("the stream ended within a message") from error
        except asyncio.LimitOverrunError as error:
            raise ProtocolError(f"no delimiter in {self._options.max_message_bytes} bytes") from error

    async def _read(self) -> None:
        try:
            max_bytes = max(self._options.max_message_bytes + 1, CONTROL_MAX_BYTES)
            while (body := await self._frame(max_bytes)) is not None:
                self._heard = asyncio.get_running_loop().time()
                await (self._take(body) if self._options.is_typed else self._messages.put(body))
            if self._options.is_typed and not self._peer_said_bye:
                raise ProtocolError("the connection was cut: the peer sent no Bye")
        except (ProtocolError, OSError) as error:
            self.error = self.error or error
        self._has_ended = True
        self._progress.set()
        await self._messages.put(None)

    async def _take(self, body: bytes) -> None:
        kind, fields = body[:1], body[1:]
        if kind == bytes([DATA]) and not self._peer_said_bye:
            self._received += 1
            if self._options.acknowledge:
                self._write(ACKNOWLEDGE, struct.pack(">Q", self._received))
            await self._messages.put(fields)
        elif body == bytes([PING]) and self._options.heartbeat_ms and not self._peer_said_bye:
            self._write(PONG)
        elif body == bytes([BYE]) and not self._peer_said_bye:
            self._peer_said_bye = True
        elif kind == bytes([ACKNOWLEDGE]) and len(fields) == 8 and self._options.acknowledge:
            (self._acknowledged, before) = struct.unpack(">Q", fields)[0], self._acknowledged
            if not before <= self._acknowledged <= self._sent:
                raise ProtocolError(f"{self._acknowledged} messages acknowledged of {self._sent} sent")
            self._progress.set()
        elif body != bytes([PONG]) or not self._options.heartbeat_ms:
            raise ProtocolError(f"an unexpected frame: {body[:16].hex()}")

    async def _beat(self) -> None:
        interval, loop = self._options.heartbeat_ms / 1000, asyncio.get_running_loop()
        while not self._said_bye and not self._peer_said_bye:
            await asyncio.sleep(interval)
            silence = loop.time() - self._heard
            if silence >= 3 * interval:
                self.error = TimeoutError(f"the peer has been silent for {silence:.1f} s")
                self._writer.transport.abort()
                return
            if silence >= interval:
                self._write(PING)


async def listen(host: str, port: int, options: Options, on_connection, on_listening=lambda port: None) -> None:
    """Calls `on_connection` with each connection, until the task is cancelled."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, options)
        try:
            await connection._start(is_server=True)
        except (ProtocolError, OSError, asyncio.TimeoutError) as error:
            print(f"refused {connection.peer}: {error}", file=sys.stderr)
            return
        await on_connection(connection)

    server = await asyncio.start_server(accept, host, port, limit=options.max_message_bytes + CONTROL_MAX_BYTES)
    on_listening(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()
