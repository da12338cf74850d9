"""Blobs: supabase."""
