"""The encryption of socketkit connections with a pairing key (docs/wire.md, version 2) for Python.

Needs the package `cryptography`. Only `socketkit.py` uses this file, and imports it only for connections with a key.
"""

import asyncio
import base64
import errno
import hashlib
import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAME = b"Noise_NNpsk0_25519_ChaChaPoly_SHA256"
PROLOGUE = b"socketkit 2"
KEY_MIN_BYTES = 10
PUBLIC_KEY_BYTES = 32
TAG_BYTES = 16
RECORD_MAX_BYTES = 65535
FIRST_RECORD_MAX_BYTES = 64
REKEY_RECORDS = 4096
WRONG_KEY = "the peer has another key, or the handshake was modified"


def parse_key(text: str) -> bytes:
    """The bytes of a pairing key. Raises ValueError for text that is not base32 or shorter than 80 bits."""
    letters = "".join(text.replace("-", "").split()).rstrip("=").upper()
    key = base64.b32decode(letters + "=" * (-len(letters) % 8))
    if len(key) < KEY_MIN_BYTES:
        raise ValueError(f"the key has {len(key)} bytes; at least {KEY_MIN_BYTES} are required")
    return key


def hkdf(chaining_key: bytes, secret: bytes, count: int) -> list:
    """`count` keys of 32 bytes."""
    extracted, keys = hmac.digest(chaining_key, secret, "sha256"), [b""]
    for number in range(1, count + 1):
        keys.append(hmac.digest(extracted, keys[-1] + bytes([number]), "sha256"))
    return keys[1:]


class Cipher:
    """A key with its nonce counter."""

    def __init__(self, key: bytes) -> None:
        self._cipher, self._nonce = ChaCha20Poly1305(key), 0

    def _next_nonce(self) -> bytes:
        self._nonce += 1
        return struct.pack("<4xQ", self._nonce - 1)

    def encrypt(self, plaintext: bytes, associated: bytes = b"") -> bytes:
        return self._cipher.encrypt(self._next_nonce(), plaintext, associated)

    def decrypt(self, ciphertext: bytes, associated: bytes = b"") -> bytes:
        """Raises InvalidTag where the bytes are not what the peer encrypted."""
        return self._cipher.decrypt(self._next_nonce(), ciphertext, associated)

    def rekey(self) -> None:
        key = self._cipher.encrypt(struct.pack("<4xQ", 2**64 - 1), bytes(32), b"")[:32]
        self._cipher = ChaCha20Poly1305(key)


class Handshake:
    """One side of NNpsk0: the client writes, then reads; the server reads, then writes. Then `records`."""

    def __init__(self, key: bytes) -> None:
        self._hash = self._chaining_key = hashlib.sha256(NAME).digest()
        self._mix_hash(PROLOGUE)
        shared = hashlib.sha256(b"socketkit 2 key" + key).digest()
        self._chaining_key, hashed, first = hkdf(self._chaining_key, shared, 3)
        self._mix_hash(hashed)
        self._cipher = Cipher(first)
        self._private_key, self._peer = X25519PrivateKey.generate(), None
        self._is_first = True

    def write(self, payload: bytes) -> bytes:
        """This side's message."""
        public_key = self._private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._mix_public_key(public_key)
        ciphertext = self._cipher.encrypt(payload, self._hash)
        self._mix_hash(ciphertext)
        return public_key + ciphertext

    def read(self, message: bytes) -> bytes:
        """The payload of the peer's message. Raises PermissionError for another key or a modified message."""
        public_key, ciphertext = message[:PUBLIC_KEY_BYTES], message[PUBLIC_KEY_BYTES:]
        self._peer = X25519PublicKey.from_public_bytes(public_key)
        self._mix_public_key(public_key)
        try:
            payload = self._cipher.decrypt(ciphertext, self._hash)
        except InvalidTag as error:
            raise PermissionError(errno.EACCES, WRONG_KEY) from error
        self._mix_hash(ciphertext)
        return payload

    def records(self, reader: asyncio.StreamReader, is_server: bool) -> tuple:
        """After both messages: a function that encrypts, and a reader that decrypts what `reader` reads."""
        ciphers = [Cipher(key) for key in hkdf(self._chaining_key, b"", 2)]
        return RecordWriter(ciphers[is_server]).seal, RecordReader(reader, ciphers[not is_server])

    def _mix_public_key(self, public_key: bytes) -> None:
        self._mix_hash(public_key)
        self._mix_key(public_key)
        if not self._is_first:
            self._mix_key(self._shared_secret())
        self._is_first = False

    def _shared_secret(self) -> bytes:
        try:
            return self._private_key.exchange(self._peer)
        except ValueError as error:  # The peer's public key has a low order.
            raise PermissionError(errno.EACCES, WRONG_KEY) from error

    def _mix_key(self, secret: bytes) -> None:
        self._chaining_key, key = hkdf(self._chaining_key, secret, 2)
        self._cipher = Cipher(key)

    def _mix_hash(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()


class RecordWriter:
    """Encrypts what is written."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher, self._records = cipher, 0

    def seal(self, plaintext: bytes) -> bytes:
        """The records with `plaintext`."""
        records, room = [], RECORD_MAX_BYTES - TAG_BYTES
        for start in range(0, len(plaintext), room):
            ciphertext = self._cipher.encrypt(plaintext[start : start + room])
            records.append(struct.pack(">H", len(ciphertext)) + ciphertext)
            self._records += 1
            if self._records % REKEY_RECORDS == 0:
                self._cipher.rekey()
        return b"".join(records)


class RecordReader:
    """Decrypts what is read: `read_record` for the handshake, then `readexactly` as of a StreamReader."""

    def __init__(self, reader: asyncio.StreamReader, cipher: Cipher) -> None:
        self._reader, self._cipher, self._records = reader, cipher, 0
        self._plaintext = bytearray()

    async def read_record(self) -> bytes:
        """The next record's plaintext. Raises OSError for a modified record, IncompleteReadError at EOF."""
        (length,) = struct.unpack(">H", await self._reader.readexactly(2))
        self._check_length(length)
        try:
            plaintext = self._cipher.decrypt(await self._reader.readexactly(length))
        except InvalidTag as error:
            raise self._fault() from error
        self._records += 1
        if self._records % REKEY_RECORDS == 0:
            self._cipher.rekey()
        return plaintext

    def _check_length(self, length: int) -> None:
        code, most = (errno.EBADMSG, RECORD_MAX_BYTES) if self._records else (errno.EPROTO, FIRST_RECORD_MAX_BYTES)
        if not TAG_BYTES < length <= most:
            raise OSError(code, f"a record of {length} bytes; allowed are {TAG_BYTES + 1} to {most}")

    def _fault(self) -> OSError:
        if self._records == 0:
            return PermissionError(errno.EACCES, WRONG_KEY)
        return OSError(errno.EBADMSG, "a record was modified")

    async def readexactly(self, size: int) -> bytes:
        while len(self._plaintext) < size:
            try:
                self._plaintext += await self.read_record()
            except asyncio.IncompleteReadError as error:
                raise asyncio.IncompleteReadError(bytes(self._plaintext) + error.partial, size) from error
        taken = bytes(self._plaintext[:size])
        del self._plaintext[:size]
        return taken
