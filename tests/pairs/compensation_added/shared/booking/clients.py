import httpx


class Flights:
    def book(self, trip: dict) -> str:
        answer = httpx.post("http://flights:8000/bookings", json=trip, timeout=5)
        answer.raise_for_status()
        return answer.json()["id"]

    def cancel(self, booking: str) -> None:
        httpx.delete(f"http://flights:8000/bookings/{booking}", timeout=5).raise_for_status()


class Hotels:
    def book(self, trip: dict) -> str:
        answer = httpx.post("http://hotels:8000/bookings", json=trip, timeout=5)
        answer.raise_for_status()
        return answer.json()["id"]
