import httpx
from shop.celery import app


@app.task(autoretry_for=(httpx.HTTPError,), retry_backoff=True, max_retries=8)
def export(order: str) -> None:
    httpx.put(f"https://crm.example.com/orders/{order}", timeout=5).raise_for_status()
