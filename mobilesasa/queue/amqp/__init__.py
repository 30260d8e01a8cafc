"""RabbitMQ: AMQP 0-9-1 on txamqp, hardened, with hot frames of our own."""
