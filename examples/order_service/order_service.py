"""Takes orders over HTTP, publishes each to the topic `orders`, and follows the topic `payments` to know what is paid.

KAFKA_BOOTSTRAP_SERVERS=localhost:9092 uvicorn --factory order_service:from_environment
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel


class Order(BaseModel):
    """What a customer wants."""

    customer: str
    item: str


def make_app(bootstrap_servers: str) -> FastAPI:
    """The service, which talks to that Kafka while it runs."""
    states: dict[str, str] = {}
    open_clients: dict[str, AIOKafkaProducer] = {}

    async def follow(payments: AIOKafkaConsumer) -> None:
        async for payment in payments:
            states[payment.key.decode()] = "paid"

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        producer = open_clients["producer"] = AIOKafkaProducer(bootstrap_servers=bootstrap_servers)
        payments = AIOKafkaConsumer(
            "payments",
            bootstrap_servers=bootstrap_servers,
            group_id="order-service",
            auto_offset_reset="earliest",
            auto_commit_interval_ms=500,
        )
        async with producer, payments:
            following = asyncio.create_task(follow(payments))
            yield
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    app = FastAPI(lifespan=lifespan)

    @app.post("/orders", status_code=202)
    async def take(order: Order) -> dict[str, str]:
        order_id = str(uuid4())
        states[order_id] = "open"
        value = json.dumps(order.model_dump()).encode()
        await open_clients["producer"].send_and_wait("orders", value, key=order_id.encode())
        return {"id": order_id}

    @app.get("/orders/{order_id}")
    async def show(order_id: str) -> dict[str, str]:
        if order_id not in states:
            raise HTTPException(404, "no such order")
        return {"id": order_id, "state": states[order_id]}

    return app


def from_environment() -> FastAPI:
    """The service as it is deployed."""
    return make_app(os.environ["KAFKA_BOOTSTRAP_SERVERS"])
