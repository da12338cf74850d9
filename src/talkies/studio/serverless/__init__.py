"""Requests of a serverless platform: one comes in, is a job here, and its answer goes out whole."""
