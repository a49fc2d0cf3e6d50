"""Where messages go: render makes them, send delivers them, services says what each service's answer means."""
