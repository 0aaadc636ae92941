"""Evidence and decision in, text out. No verdict is made here."""
