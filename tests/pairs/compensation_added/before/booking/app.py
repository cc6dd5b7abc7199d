from booking.clients import Flights, Hotels
from fastapi import FastAPI

app = FastAPI()
flights = Flights()
hotels = Hotels()


@app.post("/trips")
def book(trip: dict) -> dict:
    flight = flights.book(trip)
    hotel = hotels.book(trip)
    return {"flight": flight, "hotel": hotel}
