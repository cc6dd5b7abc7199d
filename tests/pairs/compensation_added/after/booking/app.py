from booking.clients import Flights, Hotels
from fastapi import FastAPI

app = FastAPI()
flights = Flights()
hotels = Hotels()


@app.post("/trips")
def book(trip: dict) -> dict:
    flight = flights.book(trip)
    try:
        hotel = hotels.book(trip)
    except Exception:
        flights.cancel(flight)
        raise
    return {"flight": flight, "hotel": hotel}
