"""What the commands do, one file a command or family; flows.cli declares their words and imports them late."""
