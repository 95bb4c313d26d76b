"""Who the learners are, and the keys and passwords of those who run the program, stay where they belong."""
