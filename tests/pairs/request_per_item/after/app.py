import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient(base_url="http://prices:8000", timeout=5)


async def prices(items: list[str]) -> dict[str, float]:
    answer = await client.get("/prices", params={"items": items})
    return answer.json()


@app.get("/carts/{cart}")
async def total(cart: str, items: list[str]) -> float:
    return sum((await prices(items)).values())
