"""How English is pronounced, in the letters Kokoro was trained on."""
