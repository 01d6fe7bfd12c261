"""How a slot program is executed: its parts put in order, tasks for threads, kept plaintexts."""
