import smtplib

import redis
from reports.celery import app
from reports.rendering import render

sent = redis.Redis("redis")


@app.task
def mail_report(report: str, address: str) -> None:
    body = render(report)
    if not sent.set(f"report:{report}:{address}", "1", nx=True, ex=86400):
        return
    with smtplib.SMTP("mail") as server:
        server.sendmail("reports@shop.example.com", [address], body)
