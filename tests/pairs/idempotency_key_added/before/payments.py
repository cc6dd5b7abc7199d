import httpx
from tenacity import retry, stop_after_attempt


@retry(stop=stop_after_attempt(3))
def charge(order: str, amount: int) -> str:
    answer = httpx.post("https://psp.example.com/charges", json={"order": order, "amount": amount}, timeout=5)
    answer.raise_for_status()
    return answer.json()["id"]
