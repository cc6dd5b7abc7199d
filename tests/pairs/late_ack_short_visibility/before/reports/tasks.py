import smtplib

from reports.celery import app
from reports.rendering import render


@app.task
def mail_report(report: str, address: str) -> None:
    body = render(report)
    with smtplib.SMTP("mail") as server:
        server.sendmail("reports@shop.example.com", [address], body)
