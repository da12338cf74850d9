"""The ASGI application, for any server that runs one: `uvicorn talkies.asgi:app`."""
