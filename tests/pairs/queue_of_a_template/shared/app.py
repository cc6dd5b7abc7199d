import json


def bill(event, context):
    for record in event["Records"]:
        print(json.loads(record["body"]))
