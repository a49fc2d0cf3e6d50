"""What runs and when: Prefect flows, the `tanma` command, message texts and channels."""
