"""The timeline: a performance as a document that people edit."""
