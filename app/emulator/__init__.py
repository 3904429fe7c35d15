"""WhatsApp and e-mail on loopback: a Cloud API, phones, and a mailbox, for the demo and the tests.

`Emulator` (switchboard.py) is the fake WhatsApp, `Mailbox` (mailbox.py) the fake mail server, and
`emulator_routes` (routes.py) puts their pages and APIs under one ASGI application.
"""
