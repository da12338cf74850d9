"""The worker of a RunPod Serverless endpoint: `python -m talkies.serverless`."""
