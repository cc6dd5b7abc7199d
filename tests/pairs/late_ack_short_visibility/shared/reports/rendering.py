import time


def render(report: str) -> str:
    time.sleep(60)
    return f"report {report}"
