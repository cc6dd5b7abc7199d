import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient(base_url="http://prices:8000", timeout=5)


async def price(item: str) -> float:
    answer = await client.get(f"/prices/{item}")
    return answer.json()["price"]


@app.get("/carts/{cart}")
async def total(cart: str, items: list[str]) -> float:
    return sum([await price(item) for item in items])
