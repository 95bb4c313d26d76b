"""What happens to a run when something breaks: processes that are killed, disks that fill up, inputs that change. All data is synthetic."""
