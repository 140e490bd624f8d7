"""Prints every event of Postern. python3 event_consumer.py [amqp://user:password@host/]"""

import sys

import pika

url = sys.argv[1] if len(sys.argv) > 1 else "amqp://guest:guest@localhost/"
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
queue = channel.queue_declare("", exclusive=True).method.queue
channel.queue_bind(queue, "postern.events", "#")
for method, properties, body in channel.consume(queue, auto_ack=True):
    print(method.routing_key, body.decode(), flush=True)
