"""A client of the queue that knows nothing of Postern but its contract (pika).

put: publishes standard input as a mail job. get: takes one job and prints it as JSON."""

import json
import os
import sys

import pika

connection = pika.BlockingConnection(pika.URLParameters(os.environ["POSTERN_TEST_RABBITMQ_URL"]))
channel = connection.channel()

if sys.argv[1] == "put":
    channel.confirm_delivery()
    channel.basic_publish("postern.mail", "mail", sys.stdin.buffer.read(), mandatory=True)
else:
    method, properties, body = channel.basic_get("postern.mail", auto_ack=True)
    print(json.dumps({
        "exchange": method.exchange,
        "routing_key": method.routing_key,
        "delivery_mode": properties.delivery_mode,
        "content_type": properties.content_type,
        "message_id": properties.message_id,
        "type": properties.type,
        "timestamp": properties.timestamp,
        "app_id": properties.app_id,
        "headers": properties.headers,
        "job": json.loads(body),
    }))
connection.close()
