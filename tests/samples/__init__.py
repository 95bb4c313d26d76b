"""Examples that the makers of edX published, put through the translator. They stay where they are: only what becomes of them is kept here."""
