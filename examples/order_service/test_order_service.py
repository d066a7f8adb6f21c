"""The service in this process, with a Kafka of its own for each test."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
from order_service import make_app

pytestmark = [pytest.mark.asyncio, pytest.mark.kafka(topics={"orders": 6, "payments": 2})]


@asynccontextmanager
async def serving(kafka):
    app = make_app(kafka.bootstrap_servers)
    transport = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://shop") as shop:
        yield shop


async def test_an_order_is_published(kafka):
    async with serving(kafka) as shop:
        answer = await shop.post("/orders", json={"customer": "ada", "item": "two coffees"})
    assert answer.status_code == 202
    (order,) = kafka.records("orders")
    assert order.key.decode() == answer.json()["id"]
    assert json.loads(order.value) == {"customer": "ada", "item": "two coffees"}


async def test_an_order_is_paid_when_its_payment_arrives(kafka):
    async with serving(kafka) as shop, asyncio.timeout(10):
        order_id = (await shop.post("/orders", json={"customer": "ada", "item": "tea"})).json()["id"]
        assert (await shop.get(f"/orders/{order_id}")).json()["state"] == "open"
        kafka.append("payments", b"4.20", key=order_id)
        while (await shop.get(f"/orders/{order_id}")).json()["state"] != "paid":  # noqa: ASYNC110 - as a customer does
            await asyncio.sleep(0.01)


async def test_payments_that_came_while_it_was_down_are_read(kafka):
    kafka.append("payments", b"4.20", key="some order")
    async with serving(kafka) as shop:
        await kafka.wait_until_consumed_async("order-service", "payments")
        assert (await shop.get("/orders/some order")).json()["state"] == "paid"
