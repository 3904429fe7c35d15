"""The embedded service desk: catalogue, requests, queues, promises."""
