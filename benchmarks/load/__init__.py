"""What makes the load: each module is a process of its own, told what to do by arguments."""
