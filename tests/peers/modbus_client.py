"""Writes and reads registers of a Modbus device; the arguments are framer and port. Prints what the device says as JSON."""

import asyncio
import json
import sys

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.framer import FramerType


async def main():
    client = AsyncModbusTcpClient("127.0.0.1", port=int(sys.argv[2]), framer=FramerType(sys.argv[1]))
    await client.connect()
    await client.write_register(7, 42, device_id=1)
    read = await client.read_holding_registers(6, count=3, device_id=1)
    refused = await client.read_holding_registers(500, count=1, device_id=1)
    client.close()
    print(json.dumps({"read": read.registers, "exception": refused.exception_code}))


asyncio.run(main())
