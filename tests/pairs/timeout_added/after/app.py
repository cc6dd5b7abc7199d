import requests
from flask import Flask, jsonify

app = Flask(__name__)


class Rates:
    def __init__(self, base: str, timeout: float = 2) -> None:
        self.base = base
        self.timeout = timeout
        self.session = requests.Session()

    def euro(self, currency: str) -> float:
        answer = self.session.get(f"{self.base}/rates/{currency}", timeout=self.timeout)
        return answer.json()["rate"]


rates = Rates("http://rates:8000")


@app.get("/prices/<currency>")
def price(currency: str):
    return jsonify(price=100 * rates.euro(currency))
